// Runs other programs, with a time limit.
'use strict';

const { execFile } = require('child_process');

/**
 * @typedef {object} Outcome
 * @property {boolean} absent - the program does not exist
 * @property {boolean} late - it took too long and was killed
 * @property {boolean} failed - absent, late, or an exit code other than 0
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {number} [within] - the time limit, in ms
 * @returns {Promise<Outcome>}
 */
function command(program, args, within = 10000) {
  return new Promise((resolve) => {
    // SIGKILL, because a hanging program may ignore any other signal.
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
