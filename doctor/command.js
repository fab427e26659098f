// Other programs, run within a bounded time.
'use strict';

const { execFile } = require('child_process');

/**
 * @typedef {object} Outcome
 * @property {boolean} absent - there is no such program
 * @property {boolean} late - it was ended, having taken too long
 * @property {boolean} failed - one of these, or an exit code other than 0
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {number} [within] - after how many ms it is ended
 * @returns {Promise<Outcome>}
 */
function command(program, args, within = 10000) {
  return new Promise((resolve) => {
    // SIGKILL, as a program that hangs may not hear anything else.
    execFile(program, args, { timeout: within, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const { code, killed } = /** @type {{ code?: unknown, killed?: boolean }} */ (error || {});
      resolve({
        absent: code === 'ENOENT' || code === 'EACCES',
        late: killed === true,
        failed: error !== null,
        stdout: stdout.trim(),
        stderr: stderr.trim(),
      });
    });
  });
}

module.exports = { command };
