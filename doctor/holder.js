// Finds out who holds a port on this machine.
'use strict';

const fs = require('fs');
const path = require('path');
const { command } = require('./command');

/**
 * @typedef {object} Holder
 * @property {string} name - of the container or the program
 * @property {number} [pid] - of a process
 * @property {string} [folder] - the Compose project's, or the process's working directory
 */

/**
 * Asks Docker which container publishes a port.
 * @param {number} port
 * @returns {Promise<Holder | undefined>}
 */
async function container(port) {
  const format = '{{.Names}}\t{{.Label "com.docker.compose.project.working_dir"}}';
  const { failed, stdout } = await command('docker', ['ps', '--filter', `publish=${port}`, '--format', format]);
  if (failed || stdout === '') return undefined;
  const [name, folder] = stdout.split('\n')[0].split('\t');
  return { name, folder: folder || undefined };
}

/**
 * Asks Linux which process listens on a port. Other users' processes are visible only to root.
 * @param {number} port
 * @returns {Holder | undefined}
 */
function byProc(port) {
  const sockets = new Set();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    if (!fs.existsSync(file)) continue;
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      // 0A is TCP_LISTEN.
      if (state === '0A' && parseInt(local.split(':')[1], 16) === port) sockets.add(`socket:[${inode}]`);
    }
  }
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const open = fs.readdirSync(`/proc/${pid}/fd`);
      if (!open.some((fd) => sockets.has(readLink(`/proc/${pid}/fd/${fd}`)))) continue;
      // Only its first word: arguments may contain secrets.
      const [program] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0\s]/);
      return { name: path.basename(program), pid: Number(pid), folder: fs.readlinkSync(`/proc/${pid}/cwd`) };
    } catch (error) {
      // Ended meanwhile, or another user's.
    }
  }
  return undefined;
}

/** @param {string} link */
function readLink(link) {
  try {
    return fs.readlinkSync(link);
  } catch (error) {
    // Closed meanwhile.
    return '';
  }
}

/**
 * Asks lsof which process listens on a port, for systems without /proc.
 * @param {number} port
 * @returns {Promise<Holder | undefined>}
 */
async function byLsof(port) {
  const { stdout } = await command('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const [, pid] = /^p(\d+)$/m.exec(stdout) || [];
  const [, name] = /^c(.+)$/m.exec(stdout) || [];
  if (pid === undefined || name === undefined) return undefined;
  const inFolder = await command('lsof', ['-a', '-p', pid, '-d', 'cwd', '-Fn']);
  const [, folder] = /^n(.+)$/m.exec(inFolder.stdout) || [];
  return { name, pid: Number(pid), folder };
}

/**
 * Finds who holds a port, if that is visible.
 * @param {number} port
 * @returns {Promise<Holder | undefined>}
 */
async function holderOf(port) {
  // Docker first: for the system, one of Docker's own programs holds a published port.
  return (await container(port)) || (fs.existsSync('/proc/net/tcp') ? byProc(port) : byLsof(port));
}

module.exports = { byLsof, byProc, holderOf };
