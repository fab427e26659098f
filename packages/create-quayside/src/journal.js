// Writes an update so that it can be interrupted: first a journal of all changes, then each file atomically.
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/**
 * @typedef {object} Write
 * @property {string} name - the path in the project
 * @property {Buffer | undefined} before - the file's contents before the update; undefined: there is no file
 * @property {{ data: Buffer, mode: number } | undefined} after - undefined: the file is removed
 */
/**
 * @typedef {object} Journal
 * @property {string} version - the version that the update leads to
 * @property {import('./update.js').Change[]} changes
 * @property {boolean} installs - whether the project's dependencies change
 */

const folderName = '.create-quayside-update';

/**
 * What identifies a file's contents and mode.
 * @param {Buffer} data
 * @param {number} mode
 */
const digest = (data, mode) => `${createHash('sha256').update(data).digest('hex')}${mode & 0o100 ? ' executable' : ''}`;

/**
 * Reads the journal of an interrupted update.
 * @param {string} root - the project's folder
 * @returns {Journal | undefined} with the changes already made; undefined: no update was interrupted
 */
function interrupted(root) {
  const file = path.join(root, folderName, 'journal.json');
  if (!fs.existsSync(file)) return undefined;
  /** @type {Journal} */
  const { version, changes, installs } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const made = changes.filter(({ target, digest: after }) => {
    const place = path.join(root, target ?? '');
    const stat = target === undefined ? undefined : fs.statSync(place, { throwIfNoEntry: false });
    return stat?.isFile() === true && digest(fs.readFileSync(place), stat.mode) === after;
  });
  const paths = made.map(({ path }) => path);
  return { version, changes: changes.filter(({ path }) => paths.includes(path)), installs };
}

/**
 * Writes an update, in the given order of files.
 * @param {string} root - the project's folder
 * @param {Journal} journal
 * @param {Write[]} writes
 * @throws Error if a file has changed meanwhile, or cannot be written; the update can then be run again
 */
function writeUpdate(root, journal, writes) {
  const folder = path.join(root, folderName);
  const next = path.join(folder, 'next');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, '.gitignore'), '*\n');
  fs.writeFileSync(next, JSON.stringify(journal));
  fs.renameSync(next, path.join(folder, 'journal.json'));
  for (const { name, before, after } of writes) {
    const target = path.join(root, name);
    const now = fs.existsSync(target) ? fs.readFileSync(target) : undefined;
    if (now === undefined || before === undefined ? now !== before : !now.equals(before)) {
      throw new Error(`${name} has changed during the update: run it again`);
    }
    if (after === undefined) {
      removeFile(root, name);
      continue;
    }
    fs.rmSync(next, { force: true });
    fs.writeFileSync(next, after.data, { mode: after.mode });
    // Restores the mode bits that the umask has removed.
    if (before !== undefined) fs.chmodSync(next, after.mode);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.renameSync(next, target);
  }
  clear(root);
}

/**
 * Removes a file, and the folders that are then empty.
 * @param {string} root
 * @param {string} name
 */
function removeFile(root, name) {
  fs.rmSync(path.join(root, name));
  for (let folder = path.dirname(name); folder !== '.'; folder = path.dirname(folder)) {
    if (fs.readdirSync(path.join(root, folder)).length > 0) return;
    fs.rmdirSync(path.join(root, folder));
  }
}

/**
 * Removes the journal of a finished update.
 * @param {string} root - the project's folder
 */
function clear(root) {
  fs.rmSync(path.join(root, folderName), { recursive: true, force: true });
}

module.exports = { clear, digest, interrupted, writeUpdate };
