// The ports of the host that Compose publishes on, and that the servers without Docker listen on.
'use strict';

const fs = require('fs');
const net = require('net');
const os = require('os');
const { ok, wrong, note } = require('./finding');
const { holderOf } = require('./holder');
const { composeText, expand } = require('./settings');

/**
 * The published ports, as the Compose files write them.
 * @param {string} root
 * @returns {{ variable: string, address: string, port: string }[]}
 */
function publishedPorts(root) {
  // The proxy's are for the machine that it deploys on, where Docker tells who has them.
  const lines = composeText(root, 'docker-compose.proxy.yml').matchAll(
    /^\s*- ['"]?(?:(\S+):)?(\$\{(PUBLISH_\w*PORT):-\d+\}):\d+/gm,
  );
  return Array.from(lines, ([, address = '0.0.0.0', port, variable]) => ({
    variable,
    address: expand(root, address).replace(/^\[|\]$/g, ''),
    port: expand(root, port),
  }));
}

/**
 * Tries to listen.
 * @param {number} port
 * @param {string} address
 * @returns {Promise<string | undefined>} the error's code
 */
function tryPort(port, address) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', (/** @type {NodeJS.ErrnoException} */ { code }) => resolve(code));
    server.listen(port, address, () => server.close(() => resolve(undefined)));
  });
}

/** @param {string} folder */
function real(folder) {
  return fs.existsSync(folder) ? fs.realpathSync(folder) : folder;
}

/**
 * What to say of a port that is taken.
 * @param {string} root
 * @param {string} variable
 * @param {number} port
 * @param {boolean} inContainer
 */
async function judgeTaken(root, variable, port, inContainer) {
  const other = `or take another port: set ${variable} in .env`;
  if (inContainer) {
    // From in here this project's own server looks as any other.
    return note(
      `port ${port} is taken on the machine that Docker runs on; by whom cannot be seen from in here`,
      `Unless docker compose ps shows it as this project's own: stop what holds it, ${other}\nnpm run doctor tells who it is.`,
    );
  }
  const holder = await holderOf(port);
  if (holder === undefined) {
    return wrong(`port ${port} is taken by a process that cannot be seen from here`, `Stop it, ${other}`);
  }
  const { name, pid, folder } = holder;
  const who = pid === undefined ? `container ${name}` : `${name} (pid ${pid}${folder ? `, in ${folder}` : ''})`;
  if (folder !== undefined && real(folder) === real(root)) {
    return ok(
      `port ${port} is in use by this project's own ${pid === undefined ? who : `server, ${name} (pid ${pid})`}`,
    );
  }
  if (process.platform === 'darwin' && /^ControlCe/.test(name)) {
    return wrong(
      `port ${port} is taken by AirPlay`,
      `Turn AirPlay Receiver off in System Settings, General, AirDrop & Handoff, ${other}`,
    );
  }
  return wrong(
    `port ${port} is taken by ${who}`,
    `Stop it${pid === undefined ? `: docker stop ${name}` : ''}, ${other}`,
  );
}

/**
 * @param {string} root
 * @param {ReturnType<typeof publishedPorts>[number]} published
 * @param {boolean} inContainer
 */
async function checkPort(root, { variable, address, port }, inContainer) {
  const number = Number(port);
  // What stands there is not repeated: it may have got there by mistake.
  if (!/^\d+$/.test(port) || number > 65535)
    return wrong(`${variable} is not a port`, 'Set it to a number up to 65535.');
  // On macOS an address of its own can be listened on where another program has the port on all addresses, and gets the
  // requests to localhost by IPv6.
  const addresses = process.platform === 'darwin' ? [address, '::'] : [address];
  for (const each of addresses) {
    const code = await tryPort(number, each);
    if (code === 'EADDRINUSE') return judgeTaken(root, variable, number, inContainer);
    if (code === 'EACCES') return note(`port ${number} (${variable}) can be tried by root alone`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      return wrong(
        `${variable.replace(/PORT$/, 'ADDRESS')} is no address of this machine`,
        'Set it to one of them, to 127.0.0.1, or to 0.0.0.0 for all.',
      );
    }
  }
  return ok(`port ${number} is free (${variable})`);
}

/** Whether the network that a container may share is another than that of the machine whose user asks. */
function inVirtualMachine() {
  // Docker Desktop, WSL, OrbStack; and a Docker without root, whose user numbers are not the machine's.
  return (
    /linuxkit|microsoft|orbstack/i.test(os.release()) ||
    !/^\s*0\s+0\s+4294967295/.test(fs.readFileSync('/proc/self/uid_map', 'utf8'))
  );
}

/**
 * Checks that what is to be published can be.
 * @param {string} root
 * @param {boolean} inContainer
 */
async function checkPorts(root, inContainer) {
  if (inContainer && inVirtualMachine()) {
    return [note("ports: your machine's cannot be seen from in here", 'With Node.js: npm run doctor')];
  }
  const findings = [];
  for (const published of publishedPorts(root)) findings.push(await checkPort(root, published, inContainer));
  return findings;
}

module.exports = { checkPorts, publishedPorts };
