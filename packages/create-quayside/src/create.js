// Writes a new project. Everything that can go wrong is checked before anything is written.
'use strict';
const path = require('node:path');
const { version } = require('../package.json');
const { checkName } = require('./name.js');
const { renamedFile } = require('./naming.js');
const { folderFault, writeFiles, writeLockFile } = require('./project.js');
const { quaysideSource } = require('./quayside.js');
const { EX_CANTCREAT, EX_UNAVAILABLE, Refusal, orRefuse } = require('./refusal.js');
const { recordFile } = require('./record.js');
const { manifestData, manifestOf, nameOf, repository, takenBy, templateFiles } = require('./template.js');

/**
 * Writes a project, and prints what it did and what comes next.
 * @param {string} directory - its last part is the project's name
 * @param {{ local: boolean, call: string }} options - local: whether the project gets this repository's quayside;
 *   call: how the command was called
 * @throws Refusal
 */
function create(directory, { local, call }) {
  const folder = path.resolve(directory);
  const name = path.basename(folder);
  const files = templateFiles();
  checkName(name, takenBy(files), (other) => `${call} ${path.join(path.dirname(directory), other)}`);
  const fault = folderFault(folder);
  if (fault !== undefined) throw new Refusal(EX_CANTCREAT, `${folder} ${fault}: expected a new or an empty folder`);

  const range = manifestOf(files).dependencies.quayside ?? '';
  const quayside = orRefuse(EX_UNAVAILABLE, () => quaysideSource(range, repository, local));
  const own = files.map((file) => renamedFile(file, nameOf(files), name));
  const manifest = manifestOf(own);
  manifest.dependencies.quayside = quayside.version;
  const written = own.map((file) => (file.path === 'package.json' ? { ...file, data: manifestData(manifest) } : file));
  const carried = quayside.tarball === undefined ? [] : [{ ...quayside.tarball, executable: false }];
  orRefuse(EX_CANTCREAT, () => writeFiles(folder, [...written, ...carried, recordFile({ version, name })]));
  console.log(`${name} is written to ${folder}`);
  console.log(quayside.said);

  const unlocked = writeLockFile(folder);
  if (unlocked !== undefined) {
    console.error(`package-lock.json could not be written: ${unlocked}. Run this in the project first: npm install`);
  }
  const near = path.relative('', folder) || '.';
  console.log(`
Next:
  cd ${near.length < folder.length ? near : folder}
  npm ci && npm test
  docker compose up    development on http://localhost:5000; without Docker: npm run dev`);
}

module.exports = { create };
