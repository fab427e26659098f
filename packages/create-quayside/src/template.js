// The template: the files of a new project, and the name in them.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { projectManifest } = require('./manifest.js');
const { EX_DATAERR, Refusal } = require('./refusal.js');

/**
 * @typedef {object} TemplateFile
 * @property {string} path - in the project, with `/` between the parts
 * @property {Buffer} data
 * @property {boolean} executable
 */

/**
 * What a new project takes from the root of the repository. A folder is taken whole.
 * @param {string} name - the template's
 */
const entriesOf = (name) => [
  '.devcontainer',
  '.dockerignore',
  '.env.example',
  '.gitattributes',
  '.github/renovate.json',
  '.gitignore',
  '.npmrc',
  'Dockerfile',
  `app/${name}.ts`,
  'cmd.sh',
  'deploy',
  'docker-compose.dev.yml',
  'docker-compose.prod.yml',
  'docker-compose.proxy.yml',
  'docker-compose.yml',
  'doctor',
  'package.json',
  `test/${name}.test.ts`,
  'test/tsconfig.json',
  'tsconfig.json',
];

/**
 * npm leaves these files out of a package, in every folder: https://docs.npmjs.com/cli/configuring-npm/package-json#files
 * Updates read earlier versions' packages through this map, so never remove an entry.
 */
const packedNames = new Map([
  ['.gitignore', 'gitignore'],
  ['.npmrc', 'npmrc'],
]);

const packageFolder = path.dirname(__dirname);
/** The repository that this package is in. Undefined if it was installed from a registry. */
const repository =
  path.basename(path.dirname(packageFolder)) === 'packages' ? path.resolve(packageFolder, '../..') : undefined;
/** Where `prepack` puts the template's files for publishing. */
const packedFolder = path.join(packageFolder, 'template');

/**
 * A project's name, in its files and in their names. It comes from package.json, without a scope.
 * @param {TemplateFile[]} files
 */
const nameOf = (files) => String(manifestOf(files).name).replace(/^@[^/]*\//, '');

/**
 * The name of the project in a folder.
 * @param {string} folder
 */
const nameIn = (folder) => nameOf([read(folder, 'package.json', 'package.json')]);

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
  return { path: as, data: fs.readFileSync(file), executable: (fs.statSync(file).mode & 0o100) !== 0 };
}

/**
 * The files that a project takes from the root of the repository, unchanged.
 * @param {string} root
 * @returns {TemplateFile[]}
 * @throws Refusal if the name in package.json was changed by hand
 */
function rootFiles(root) {
  const name = nameIn(root);
  if (!fs.existsSync(path.join(root, `app/${name}.ts`))) {
    const why = `package.json has the name "${name}", but there is no app/${name}.ts`;
    const remedy = 'Set it back to the name in the files. To rename the project, use npm run rename -- NAME';
    throw new Refusal(EX_DATAERR, `${why}. ${remedy}`);
  }
  return entriesOf(name)
    .flatMap((entry) => filesOf(root, entry))
    .map((name) => read(root, name, name));
}

/**
 * A project's files under the template's own name, from the repository.
 * @param {string} root
 * @returns {TemplateFile[]}
 */
function repositoryFiles(root) {
  const own = path.join(packageFolder, 'files');
  const files = rootFiles(root).map((file) =>
    file.path === 'package.json' ? { ...file, data: manifestData(projectManifest(manifestOf([file]))) } : file,
  );
  // The root has files of the same names, but they are about the repository.
  return [...files, ...filesOf(own, '').map((name) => read(own, name, name))];
}

/**
 * A project's files under the template's own name, from a create-quayside package.
 * @param {string} folder - `template` in the package
 * @returns {TemplateFile[]}
 */
function packedFiles(folder) {
  return filesOf(folder, '').map((name) => {
    const [unpacked = name] = [...packedNames].find(([, as]) => as === name) ?? [];
    return read(folder, name, unpacked);
  });
}

/**
 * A project's files under the template's own name.
 * @returns {TemplateFile[]}
 */
const templateFiles = () => (repository === undefined ? packedFiles(packedFolder) : repositoryFiles(repository));

/**
 * The parsed package.json among the files.
 * @param {TemplateFile[]} files
 * @returns {import('./manifest.js').Manifest}
 */
const manifestOf = (files) => JSON.parse(String(files.find((file) => file.path === 'package.json')?.data));

/**
 * @param {import('./manifest.js').Manifest} manifest
 */
const manifestData = (manifest) => Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);

/**
 * The names of the template's Compose services other than the project's own. A project may not use one of them.
 * @param {TemplateFile[]} files
 */
function composeServices(files) {
  const name = nameOf(files);
  return files
    .filter((file) => /compose[^/]*\.ya?ml$/.test(file.path))
    .flatMap(({ data }) => /^services:\n((?: .*\n|\n)*)/m.exec(String(data))?.[1]?.match(/^ {2}[\w.-]+(?=:)/gm) ?? [])
    .map((line) => line.trim())
    .filter((service) => service !== name);
}

/**
 * The names that a project cannot have, because its files use them.
 * @param {TemplateFile[]} files
 * @returns {import('./name.js').Taken}
 */
function takenBy(files) {
  const { dependencies, devDependencies } = manifestOf(files);
  return { dependencies: Object.keys({ ...dependencies, ...devDependencies }), services: composeServices(files) };
}

module.exports = {
  composeServices,
  manifestData,
  manifestOf,
  nameIn,
  nameOf,
  packedFiles,
  packedFolder,
  packedNames,
  repository,
  rootFiles,
  takenBy,
  templateFiles,
};
