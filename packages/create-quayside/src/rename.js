// Renames the repository in place, if it is itself the project, as after "Use this template" on GitHub.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { checkName } = require('./name.js');
const { isBinary, renamed, renamedFile } = require('./naming.js');
const { EX_CANTCREAT, EX_DATAERR, Refusal, orRefuse } = require('./refusal.js');
const { nameIn, rootFiles, takenBy } = require('./template.js');

/**
 * @typedef {object} Renamed - a file that changes
 * @property {string} path - in the repository, with `/` between the parts
 * @property {string} to - its new path
 * @property {Buffer} data - its new contents
 * @property {number} lines - how many of them change
 */

/** Not part of the project: git's files, what npm and the compiler write, and packages, which have their own names. */
const foreign = ['.git', 'node_modules', 'dist', 'coverage', 'packages', 'vendor'];
/** Local to this machine, and possibly secret. */
const local = ['.env', 'secrets'];
/** The suffix of a file that is being written; one that is left was interrupted. */
const unfinished = '.renaming';
/** Files of a new project that have no counterpart in the root. */
const projectsOwn = 'packages/create-quayside/files';

/**
 * The files of the project, without symbolic links.
 * @param {string} root
 * @param {string} [folder] - within it
 * @returns {string[]} paths within the root
 */
function projectFiles(root, folder = '') {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (folder === '' && [...foreign, ...local].includes(name)) return [];
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : projectFiles(root, name);
    return entry.isFile() && !entry.name.endsWith(unfinished) ? [name] : [];
  });
}

/**
 * The lock file, which contains the project's name twice. All other names in it are packages'.
 * @param {Buffer} data
 * @param {string} from
 * @param {string} to
 * @throws Refusal if it is broken
 */
function renamedLock(data, from, to) {
  let lock;
  try {
    lock = JSON.parse(String(data));
  } catch (error) {
    throw new Refusal(EX_DATAERR, `package-lock.json is not JSON: ${/** @type {Error} */ (error).message}`);
  }
  let changes = false;
  for (const project of [lock, lock.packages?.['']]) {
    const name = renamed(project?.name ?? '', from, to);
    if (name === (project?.name ?? '')) continue;
    project.name = name;
    changes = true;
  }
  if (!changes) return data;
  return Buffer.from(`${JSON.stringify(lock, null, 2)}\n`);
}

/**
 * @param {Buffer} one
 * @param {Buffer} other
 */
function changedLines(one, other) {
  const lines = String(other).split('\n');
  return String(one)
    .split('\n')
    .filter((line, index) => line !== lines[index]).length;
}

/**
 * Plans a renaming.
 * @param {string} root
 * @param {string} from
 * @param {string} to
 * @returns {Renamed[]} the changed files: the service first, because it reveals an interrupted renaming, and folders are
 *   read in no fixed order; package.json last, because it records the name in the others
 */
function planRename(root, from, to) {
  const own = fs.existsSync(path.join(root, projectsOwn)) ? projectFiles(root, projectsOwn) : [];
  const files = [...projectFiles(root), ...own].map((name) => {
    const file = { path: name, data: fs.readFileSync(path.join(root, name)) };
    const { path: target, data } =
      name === 'package-lock.json' ? { ...file, data: renamedLock(file.data, from, to) } : renamedFile(file, from, to);
    return { path: name, to: target, data, lines: data.equals(file.data) ? 0 : changedLines(file.data, data) };
  });
  const changed = files.filter(({ path, to, lines }) => lines > 0 || path !== to);
  const rank = (/** @type {Renamed} */ { path }) => Number(path === 'package.json') - Number(path === `app/${from}.ts`);
  return changed.sort((one, other) => rank(one) - rank(other));
}

/**
 * Writes a renaming. If it is interrupted, it can be run again.
 * @param {string} root
 * @param {Renamed[]} changes
 * @throws Error if a file cannot be written
 */
function writeRename(root, changes) {
  for (const { path: name, to, data, lines } of changes) {
    const [place, target] = [path.join(root, name), path.join(root, to)];
    if (lines > 0) {
      fs.writeFileSync(place + unfinished, data);
      fs.chmodSync(place + unfinished, fs.statSync(place).mode);
      fs.renameSync(place + unfinished, place);
    }
    if (place === target) continue;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.renameSync(place, target);
    const folder = path.dirname(place);
    if (fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
  }
}

/**
 * Renames the project in a folder, without checking the name.
 * @param {string} root
 * @param {string} to
 */
function renameFiles(root, to) {
  const from = nameIn(root);
  if (from !== to) writeRename(root, planRename(root, from, to));
}

/**
 * The words in the template's own files, outside comments, each with a file that has it.
 * @param {import('./template.js').TemplateFile[]} files
 * @returns {Map<string, string>}
 */
function wordsIn(files) {
  const words = new Map();
  for (const { path, data } of files) {
    // These belong to the author.
    if (/^(app|test)\/|^package\.json$/.test(path) || isBinary(data)) continue;
    const code = String(data).replace(/^\s*(#|\/\/|\/?\*).*$/gm, '');
    for (const [word] of code.matchAll(/(?<![A-Za-z0-9])[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![A-Za-z0-9])/g)) {
      words.set(word, words.get(word) ?? path);
    }
  }
  return words;
}

/**
 * Refuses an invalid name, and a project whose current name is unknown.
 * @param {string} root
 * @param {string} from
 * @param {string} to
 * @throws Refusal
 */
function checkRename(root, from, to) {
  const has = (/** @type {string} */ name) => fs.existsSync(path.join(root, `app/${name}.ts`));
  // An interrupted renaming has already moved the service.
  if (from !== to && !has(from) && has(to)) return;
  const files = rootFiles(root);
  if (from === to) return;
  checkName(to, { ...takenBy(files), words: wordsIn(files) }, (other) => `npm run rename -- ${other}`);
}

/**
 * Renames the project in a folder, and prints what it did.
 * @param {string} root
 * @param {string} to
 * @param {boolean} dryRun - whether to write nothing
 * @throws Refusal
 */
function rename(root, to, dryRun) {
  const from = nameIn(root);
  checkRename(root, from, to);
  const changes = planRename(root, from, to);
  const inTheWay = changes.find(({ path: name, to }) => name !== to && fs.existsSync(path.join(root, to)));
  if (inTheWay) {
    const { path: name, to: target } = inTheWay;
    throw new Refusal(EX_CANTCREAT, `${name} cannot become ${target}, which already exists. Move one of them away`);
  }
  const others = from === to ? [] : planRename(root, to, from).filter(({ lines }) => lines > 0);
  if (!dryRun) orRefuse(EX_CANTCREAT, () => writeRename(root, changes));

  for (const { path: name, to: target, lines } of changes) {
    const said = [
      name === target ? '' : `now ${target}`,
      lines === 0 ? '' : `${lines} ${lines === 1 ? 'line' : 'lines'}`,
    ];
    console.log(`${name}: ${said.filter((part) => part !== '').join(', ')}`);
  }
  if (from === to) {
    console.log(`The project is already called ${to}`);
    return;
  }
  const count = (/** @type {Renamed[]} */ files) => files.reduce((sum, { lines }) => sum + lines, 0);
  console.log(`\n${from} becomes ${to}: ${count(changes)} lines in ${changes.length} files`);
  if (others.length > 0) {
    const where = others.map(({ path: name }) => name).join(', ');
    console.log(
      `"${to}" was already in ${count(others)} other lines, which the next renaming would also change: ${where}`,
    );
  }
  if (dryRun) console.log('Nothing was written, because of --dry-run');
  else
    console.log(
      'Next: npm run format && npm test. To remove containers of the old name: docker compose up --remove-orphans',
    );
}

module.exports = { rename, renameFiles };
