// Checks and writes a new project's folder.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { npm } = require('./npm.js');

/**
 * Says why a project cannot be written into a folder.
 * @param {string} folder
 * @returns {string | undefined} undefined: it can
 */
function folderFault(folder) {
  try {
    return fs.readdirSync(folder).length > 0 ? 'is not empty' : undefined;
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ENOENT') return undefined;
    return code === 'ENOTDIR' ? 'is not a folder' : `cannot be read: ${message}`;
  }
}

/**
 * Writes files. If that fails, for example on a full disk, removes them all.
 * @param {string} folder
 * @param {import('./template.js').TemplateFile[]} files
 */
function writeFiles(folder, files) {
  const isNew = !fs.existsSync(folder);
  try {
    for (const file of files) {
      const target = path.join(folder, file.path);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, file.data, { mode: file.executable ? 0o755 : 0o644 });
    }
  } catch (error) {
    const left = isNew ? [folder] : fs.readdirSync(folder).map((name) => path.join(folder, name));
    for (const name of left) fs.rmSync(name, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Has npm write package-lock.json, which `npm ci` needs.
 * @param {string} folder
 * @returns {string | undefined} what is wrong; undefined: it is written
 */
function writeLockFile(folder) {
  const args = ['install', '--package-lock-only', '--no-audit', '--no-fund'];
  // The project gets its own lock file, even inside another project's workspaces. Few retries: fail soon when offline.
  args.push('--no-workspaces', '--fetch-retries=1', '--fetch-retry-mintimeout=1000');
  const { ok, fault } = npm(args, { cwd: folder });
  if (!ok) return fault;
  return fs.existsSync(path.join(folder, 'package-lock.json')) ? undefined : 'npm is configured not to write it';
}

module.exports = { folderFault, writeFiles, writeLockFile };
