// Looks up a file of a project, without following a symbolic link that leads out of the project.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

/**
 * @typedef {object} Place
 * @property {string} name - the path in the project, after links
 * @property {{ data: Buffer, executable: boolean, mode: number } | undefined} file - undefined: it does not exist
 * @property {undefined} [fault]
 */
/** @typedef {{ fault: string }} NoPlace - fault: why no file can be read or written there */

/**
 * Looks a file up.
 * @param {string} root - the project's folder, by its real path
 * @param {string} name - the path in the project, with `/` between the parts
 * @returns {Place | NoPlace}
 */
function look(root, name) {
  const parts = name.split('/');
  let at = root;
  for (const [index, part] of parts.entries()) {
    const here = parts.slice(0, index + 1).join('/');
    at = path.join(at, part);
    if (fs.lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) {
      if (!fs.existsSync(at)) return { fault: `${here} is a broken symbolic link` };
      at = fs.realpathSync(at);
      if (!at.startsWith(root + path.sep)) return { fault: `${here} is a symbolic link that leads out of the project` };
    }
    const stat = fs.statSync(at, { throwIfNoEntry: false });
    if (stat === undefined) {
      const rest = path.join(at, ...parts.slice(index + 1));
      return { name: path.relative(root, rest), file: undefined };
    }
    if (index < parts.length - 1) {
      if (!stat.isDirectory()) return { fault: `${here} is not a folder` };
    } else if (!stat.isFile()) return { fault: `${here} is not a file` };
    else {
      const executable = (stat.mode & 0o100) !== 0;
      return { name: path.relative(root, at), file: { data: fs.readFileSync(at), executable, mode: stat.mode } };
    }
  }
  throw new Error('the path of a file is empty');
}

/**
 * A file's mode after it becomes executable, or stops being so.
 * @param {number} mode - as it was
 * @param {boolean} executable
 */
function modeFor(mode, executable) {
  // Everyone who may read the file may run it.
  return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
}

module.exports = { look, modeFor };
