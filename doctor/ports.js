// Checks the host's ports that Compose publishes, and that the servers listen on without Docker.
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
  // The proxy's ports matter only on the machine deployed to, where Docker reports who holds them.
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
 * Turns a taken port into a finding.
 * @param {string} root
 * @param {string} variable
 * @param {number} port
 * @param {boolean} inContainer
 */
async function judgeTaken(root, variable, port, inContainer) {
  const other = `or take another port: set ${variable} in .env`;
  if (inContainer) {
    // In a container, this project's own server looks like any other.
    return note(
      `port ${port} is taken on the machine that Docker runs on; this container cannot see by whom`,
      `Unless docker compose ps shows it as this project's own, stop what holds it, ${other}\nnpm run doctor says what that is.`,
    );
  }
  const holder = await holderOf(port);
  if (holder === undefined) {
    return wrong(`port ${port} is taken by a process that is not visible here`, `Stop it, ${other}`);
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
  // The value is not repeated: it may be a secret, put there by mistake.
  if (!/^\d+$/.test(port) || number > 65535)
    return wrong(`${variable} is not a port`, 'Set it to a number up to 65535.');
  // On macOS, one address can be listened on even if another program has the port on all addresses. That program then gets
  // the requests to localhost over IPv6.
  const addresses = process.platform === 'darwin' ? [address, '::'] : [address];
  for (const each of addresses) {
    const code = await tryPort(number, each);
    if (code === 'EADDRINUSE') return judgeTaken(root, variable, number, inContainer);
    if (code === 'EACCES') return note(`port ${number} (${variable}) can be tested only by root`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      return wrong(
        `${variable.replace(/PORT$/, 'ADDRESS')} is not an address of this machine`,
        'Set it to an address of this machine, such as 127.0.0.1, or to 0.0.0.0 for all.',
      );
    }
  }
  return ok(`port ${number} is free (${variable})`);
}

/** Whether the network that a container shares is a virtual machine's, not that of the user's machine. */
function inVirtualMachine() {
  // Docker Desktop, WSL, OrbStack; and rootless Docker, whose user ids are not the machine's.
  return (
    /linuxkit|microsoft|orbstack/i.test(os.release()) ||
    !/^\s*0\s+0\s+4294967295/.test(fs.readFileSync('/proc/self/uid_map', 'utf8'))
  );
}

/**
 * Checks that the published ports are free.
 * @param {string} root
 * @param {boolean} inContainer
 */
async function checkPorts(root, inContainer) {
  if (inContainer && inVirtualMachine()) {
    return [note("ports: your machine's ports are not visible in this container", 'With Node.js: npm run doctor')];
  }
  const findings = [];
  for (const published of publishedPorts(root)) findings.push(await checkPort(root, published, inContainer));
  return findings;
}

module.exports = { checkPorts, publishedPorts };
