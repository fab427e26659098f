// Runs npm.
'use strict';
const { spawnSync } = require('node:child_process');

/**
 * Runs npm to its end.
 * @param {string[]} args
 * @param {{ cwd?: string, timeout?: number }} [options] - timeout: in ms
 * @returns {{ ok: boolean, stdout: string, fault: string }} fault: npm's message if it failed, in one line
 */
function npm(args, { cwd, timeout } = {}) {
  // On Windows npm is a .cmd file, which only a shell can run.
  const shell = process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd, timeout, shell, encoding: 'utf8' });
  if (error) {
    const late = /** @type {NodeJS.ErrnoException} */ (error).code === 'ETIMEDOUT';
    return { ok: false, stdout: '', fault: late ? `no answer within ${timeout} ms` : error.message };
  }
  const said = stderr
    .split('\n')
    .find((line) => line.startsWith('npm error') && !/^npm error (code|syscall|errno|path)\b/.test(line));
  const fault = said?.replace(/^npm error\s*/, '') ?? `npm ended with exit code ${status}`;
  return { ok: status === 0, stdout, fault };
}

module.exports = { npm };
