// Giving the repository another name, in place: where it is itself the project, as one that GitHub has made of a template.
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
 * @property {string} to - its path then
 * @property {Buffer} data - its contents then
 * @property {number} lines - how many of them change
 */

/** What is not the project: git's, what npm and the compiler make, and the packages, whose own files have other names. */
const foreign = ['.git', 'node_modules', 'dist', 'coverage', 'packages', 'vendor'];
/** What is nobody's but the machine's: it may hold secrets. */
const local = ['.env', 'secrets'];
/** How a file ends whose writing was interrupted. */
const unfinished = '.renaming';
/** What a new project gets and the root has no counterpart for. */
const projectsOwn = 'packages/create-quayside/files';

/**
 * The files of the project. A symbolic link is none.
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
 * The lock file, which names the project twice. Its other names are those of packages.
 * @param {Buffer} data
 * @param {string} from
 * @param {string} to
 * @throws Refusal where it is broken
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
 * What changes where the project gets another name.
 * @param {string} root
 * @param {string} from
 * @param {string} to
 * @returns {Renamed[]} the service first, by which an interrupted renaming is known, in whatever order a folder is read;
 *   package.json last, as it says which name is in the others
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
 * Gives the project another name. Interrupted, it can be run again.
 * @param {string} root
 * @param {Renamed[]} changes
 * @throws Error where a file cannot be written
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
 * Gives the project in a folder another name, where that is known to be one.
 * @param {string} root
 * @param {string} to
 */
function renameFiles(root, to) {
  const from = nameIn(root);
  if (from !== to) writeRename(root, planRename(root, from, to));
}

/**
 * The words of the template's own files, outside of comments, each with a file that has it.
 * @param {import('./template.js').TemplateFile[]} files
 * @returns {Map<string, string>}
 */
function wordsIn(files) {
  const words = new Map();
  for (const { path, data } of files) {
    // Those are the author's.
    if (/^(app|test)\/|^package\.json$/.test(path) || isBinary(data)) continue;
    const code = String(data).replace(/^\s*(#|\/\/|\/?\*).*$/gm, '');
    for (const [word] of code.matchAll(/(?<![A-Za-z0-9])[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![A-Za-z0-9])/g)) {
      words.set(word, words.get(word) ?? path);
    }
  }
  return words;
}

/**
 * Refuses a name that the project cannot have, and a project whose present name is not known.
 * @param {string} root
 * @param {string} from
 * @param {string} to
 * @throws Refusal
 */
function checkRename(root, from, to) {
  const has = (/** @type {string} */ name) => fs.existsSync(path.join(root, `app/${name}.ts`));
  // An interrupted renaming has moved it.
  if (from !== to && !has(from) && has(to)) return;
  const files = rootFiles(root);
  if (from === to) return;
  checkName(to, { ...takenBy(files), words: wordsIn(files) }, (other) => `npm run rename -- ${other}`);
}

/**
 * Gives the project in a folder another name, and says what it did.
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
    throw new Refusal(EX_CANTCREAT, `${name} cannot become ${target}: that is there already. Move one of them away`);
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
    console.log(`The project is called ${to} already`);
    return;
  }
  const count = (/** @type {Renamed[]} */ files) => files.reduce((sum, { lines }) => sum + lines, 0);
  console.log(`\n${from} becomes ${to}: ${count(changes)} lines in ${changes.length} files`);
  if (others.length > 0) {
    const where = others.map(({ path: name }) => name).join(', ');
    console.log(
      `"${to}" was in ${count(others)} other lines already, which the next renaming would change, too: ${where}`,
    );
  }
  if (dryRun) console.log('Nothing was written, as --dry-run asks for');
  else console.log('Next: npm run format && npm test. Containers of the old name: docker compose up --remove-orphans');
}

module.exports = { rename, renameFiles };
