// Writing a project: all that can be wrong is looked for before anything is written.
'use strict';
const path = require('node:path');
const { version } = require('../package.json');
const { alternativeTo, nameFault } = require('./name.js');
const { folderFault, writeFiles, writeLockFile } = require('./project.js');
const { quaysideSource } = require('./quayside.js');
const { EX_CANTCREAT, EX_UNAVAILABLE, EX_USAGE, Refusal, orRefuse } = require('./refusal.js');
const { recordFile } = require('./record.js');
const { composeServices, manifestData, manifestOf, renamedFile, repository, templateFiles } = require('./template.js');

/**
 * Refuses a name that a project cannot have.
 * @param {string} directory - as it was given
 * @param {string} name
 * @param {import('./template.js').TemplateFile[]} files - the template's
 * @param {string} call - how the command was called
 */
function checkName(directory, name, files, call) {
  const { dependencies, devDependencies } = manifestOf(files);
  const taken = {
    dependencies: Object.keys({ ...dependencies, ...devDependencies }),
    services: composeServices(files),
  };
  const fault = nameFault(name, taken);
  if (fault === undefined) return;
  const example = path.join(path.dirname(directory), alternativeTo(name, taken));
  throw new Refusal(EX_USAGE, `"${name}" cannot be a project's name: ${fault}. For example: ${call} ${example}`);
}

/**
 * Writes a project, and says what it did and what comes next.
 * @param {string} directory - whose last part is the project's name
 * @param {{ local: boolean, call: string }} options - local: whether the project carries quayside of this repository;
 *   call: how the command was called
 * @throws Refusal
 */
function create(directory, { local, call }) {
  const folder = path.resolve(directory);
  const name = path.basename(folder);
  const files = templateFiles();
  checkName(directory, name, files, call);
  const fault = folderFault(folder);
  if (fault !== undefined) throw new Refusal(EX_CANTCREAT, `${folder} ${fault}: expected a new or an empty folder`);

  const range = manifestOf(files).dependencies.quayside ?? '';
  const quayside = orRefuse(EX_UNAVAILABLE, () => quaysideSource(range, repository, local));
  const own = files.map((file) => renamedFile(file, name));
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
