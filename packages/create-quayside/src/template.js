// The template: the files of a new project, and the name that they carry.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

/**
 * @typedef {object} TemplateFile
 * @property {string} path - in the project, with `/` between the parts
 * @property {string} text
 * @property {boolean} executable
 */

/** What the template is called, in its files and in their names. */
const templateName = 'identidock';

/** What a new project takes from the root of the repository. A folder is taken whole. */
const entries = [
  '.devcontainer',
  '.dockerignore',
  '.env.example',
  '.gitattributes',
  '.github/renovate.json',
  '.gitignore',
  '.npmrc',
  'Dockerfile',
  `app/${templateName}.ts`,
  'cmd.sh',
  'deploy',
  'docker-compose.dev.yml',
  'docker-compose.prod.yml',
  'docker-compose.proxy.yml',
  'docker-compose.yml',
  'doctor',
  'package.json',
  `test/${templateName}.test.ts`,
  'test/tsconfig.json',
  'tsconfig.json',
];

/** npm leaves these out of a package, wherever they lie in it: https://docs.npmjs.com/cli/configuring-npm/package-json#files */
const packedNames = new Map([
  ['.gitignore', 'gitignore'],
  ['.npmrc', 'npmrc'],
]);

const packageFolder = path.dirname(__dirname);
/** The repository that this package lies in. Undefined where it was installed from a registry. */
const repository =
  path.basename(path.dirname(packageFolder)) === 'packages' ? path.resolve(packageFolder, '../..') : undefined;
/** Where `prepack` puts the template's files for publishing. */
const packedFolder = path.join(packageFolder, 'template');

/**
 * The files below a folder, or the file itself.
 * @param {string} folder
 * @param {string} entry
 * @returns {string[]} paths within the folder
 */
function filesOf(folder, entry) {
  if (!fs.statSync(path.join(folder, entry)).isDirectory()) return [entry];
  return fs
    .readdirSync(path.join(folder, entry))
    .sort()
    .flatMap((name) => filesOf(folder, entry === '' ? name : `${entry}/${name}`));
}

/**
 * @param {string} folder
 * @param {string} name - within it
 * @param {string} as - its path in the project
 * @returns {TemplateFile}
 */
function read(folder, name, as) {
  const file = path.join(folder, name);
  return { path: as, text: fs.readFileSync(file, 'utf8'), executable: (fs.statSync(file).mode & 0o100) !== 0 };
}

/**
 * The files that a project takes from the root, under the template's own name.
 * @returns {TemplateFile[]}
 */
function rootFiles() {
  const packed = repository === undefined;
  return entries
    .flatMap((entry) => (packed ? filesOf(packedFolder, packedNames.get(entry) ?? entry) : filesOf(repository, entry)))
    .map((name) => {
      const [unpacked = name] = [...packedNames].find(([, as]) => packed && as === name) ?? [];
      return read(repository ?? packedFolder, name, unpacked);
    });
}

/**
 * The files that only a project has: the root's counterparts are about the repository.
 * @returns {TemplateFile[]}
 */
function ownFiles() {
  const folder = path.join(packageFolder, 'files');
  return filesOf(folder, '').map((name) => read(folder, name, name));
}

/**
 * Replaces the template's name: `identidock` by `my-orders`, and `Identidock`, as in the alerts' names, by `MyOrders`.
 * @param {string} text
 * @param {string} name
 */
function renamed(text, name) {
  const capitalised = name.replace(/(?:^|-)(.)/g, (_whole, first) => first.toUpperCase());
  return text.replaceAll(templateName, name).replaceAll('Identidock', capitalised);
}

/**
 * The names of the template's Compose services, other than the project's own: a project may not have one of them.
 * @param {TemplateFile[]} files
 */
function composeServices(files) {
  return files
    .filter((file) => /compose[^/]*\.ya?ml$/.test(file.path))
    .flatMap(({ text }) => /^services:\n((?: .*\n|\n)*)/m.exec(text)?.[1]?.match(/^ {2}[\w.-]+(?=:)/gm) ?? [])
    .map((line) => line.trim())
    .filter((service) => service !== templateName);
}

module.exports = { composeServices, ownFiles, packedFolder, packedNames, renamed, repository, rootFiles };
