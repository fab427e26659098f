// Runs git.
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * Runs git to its end.
 * @param {string[]} args
 * @param {string} cwd
 * @returns {{ status: number | null, stdout: Buffer, fault: string }} fault: git's message if it failed
 * @throws Error if git is not installed
 */
function git(args, cwd) {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd, maxBuffer: 2 ** 30 });
  const absent = /** @type {NodeJS.ErrnoException | undefined} */ (error)?.code === 'ENOENT';
  if (error) throw new Error(absent ? 'git was not found: install git' : error.message);
  return { status, stdout, fault: stderr.toString().trim() || `git ended with exit code ${status}` };
}

/**
 * Whether a folder is in a git work tree.
 * @param {string} folder
 */
function inWorkTree(folder) {
  const { status, stdout, fault } = git(['rev-parse', '--is-inside-work-tree'], folder);
  // For example because git does not trust the folder's owner.
  if (status !== 0 && !fault.includes('not a git repository')) throw new Error(fault);
  return status === 0 && stdout.toString().trim() === 'true';
}

/**
 * The files with uncommitted changes, ignored files included.
 * @param {string} folder - in a work tree
 * @param {string[]} names - the files to look at
 * @returns {string[]} their paths, relative to the top of the work tree
 */
function uncommitted(folder, names) {
  if (names.length === 0) return [];
  const status = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--ignored'];
  const { status: code, stdout, fault } = git(['--literal-pathspecs', ...status, '--', ...names], folder);
  if (code !== 0) throw new Error(fault);
  // Two letters, a space, the path.
  return stdout
    .toString()
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(3));
}

/**
 * @typedef {object} Version
 * @property {string} label - for the conflict markers
 * @property {Buffer} data
 */

/**
 * Merges two versions of a text. Conflicts are marked, and include the original.
 * @param {Version} ours
 * @param {Version} base
 * @param {Version} theirs
 * @returns {{ data: Buffer, conflicts: number }}
 */
function mergeTexts(ours, base, theirs) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'create-quayside-'));
  try {
    const args = ['merge-file', '--stdout', '--diff3'];
    const files = { ours, base, theirs };
    for (const [name, { label, data }] of Object.entries(files)) {
      fs.writeFileSync(path.join(folder, name), data);
      args.push('-L', label);
    }
    const { status, stdout, fault } = git([...args, ...Object.keys(files)], folder);
    // Its exit code is the number of conflicts, at most 127.
    if (status === null || status > 127) throw new Error(fault);
    return { data: stdout, conflicts: status };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { inWorkTree, mergeTexts, uncommitted };
