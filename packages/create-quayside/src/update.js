// Updates a project's files to this version's template, by a three-way merge that never loses the user's changes.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');
const { version } = require('../package.json');
const { inWorkTree, uncommitted } = require('./git.js');
const { clear, digest, interrupted, writeUpdate } = require('./journal.js');
const { mergeFile, mergeValues } = require('./merge.js');
const { renamedFile } = require('./naming.js');
const { look, modeFor } = require('./place.js');
const { publishedTemplate } = require('./published.js');
const { readRecord, recordFile, recordName } = require('./record.js');
const { EX_CANTCREAT, EX_DATAERR, EX_UNAVAILABLE, Refusal, orRefuse } = require('./refusal.js');
const { nameOf, templateFiles } = require('./template.js');

/** @typedef {import('./template.js').TemplateFile} TemplateFile */
/**
 * @typedef {object} Change - a line of the report
 * @property {import('./merge.js').Verdict['outcome']} outcome
 * @property {string} path
 * @property {string | undefined} [note]
 * @property {string} [target] - the path in the project of the file written for it, after links
 * @property {string} [digest] - of that file, once it is written
 */
/**
 * @typedef {object} Plan
 * @property {Change[]} changes
 * @property {import('./journal.js').Write[]} writes
 * @property {boolean} installs - whether the project's dependencies change
 */

/** The files that an update covers: the rest belongs to the project's author from the first day. */
const isTemplates = (/** @type {TemplateFile} */ { path }) => !/^(app\/|test\/|README\.md$)/.test(path);

/**
 * Whether a version is earlier than another. Only the three numbers count.
 * @param {string} one
 * @param {string} other
 */
function isEarlier(one, other) {
  const [first = '', second = ''] = [one, other].map((version) => version.split(/[-+]/)[0]);
  return first.localeCompare(second, 'en', { numeric: true }) < 0;
}

/**
 * Plans the update of one file.
 * @param {string} root - the project's folder
 * @param {string} name
 * @param {TemplateFile | undefined} base
 * @param {TemplateFile | undefined} theirs
 * @param {{ base: string, theirs: string }} labels
 * @param {Plan} plan - is added to
 */
function planFile(root, name, base, theirs, labels, plan) {
  const place = look(root, name);
  if (place.fault !== undefined) {
    const unchanged = base && theirs && base.data.equals(theirs.data) && base.executable === theirs.executable;
    const outcome = theirs ? 'conflict' : 'kept';
    if (!unchanged) plan.changes.push({ outcome, path: name, note: `${place.fault}: nothing is written` });
    return;
  }
  const ours = place.file;
  // Windows has no executable bit.
  if (ours && base && process.platform === 'win32') ours.executable = base.executable;
  const { outcome, note, content, beside } = mergeFile(base, ours, theirs, labels);
  if (outcome === 'same') return;
  /** @type {Change} */
  const change = { outcome, path: name, note };
  plan.changes.push(change);
  const before = ours?.data;
  if (outcome === 'removed') plan.writes.push({ name: place.name, before, after: undefined });
  if (content !== undefined) {
    const after = { data: content.data, mode: modeFor(ours?.mode ?? 0o644, content.executable) };
    planWrite(change, { name: place.name, before, after }, plan);
  }
  if (beside !== undefined) {
    const target = `${place.name}.template-${version}`;
    change.note = `${note}: it stays as it is, and the template's is ${target}`;
    if (fs.existsSync(path.join(root, target))) return;
    planWrite(change, { name: target, before: undefined, after: { data: beside, mode: 0o644 } }, plan);
  }
}

/**
 * Plans to write a file.
 * @param {Change} change - the change it belongs to
 * @param {{ name: string, before: Buffer | undefined, after: { data: Buffer, mode: number } }} write
 * @param {Plan} plan - is added to
 */
function planWrite(change, write, plan) {
  change.target = write.name;
  change.digest = digest(write.after.data, write.after.mode);
  plan.writes.push(write);
}

/**
 * Plans the update of package.json, which is merged by key.
 * @param {string} root - the project's folder
 * @param {TemplateFile} base
 * @param {TemplateFile} theirs
 * @param {Plan} plan - is added to
 * @throws Refusal if it cannot be read
 */
function planManifest(root, base, theirs, plan) {
  const name = 'package.json';
  const place = look(root, name);
  if (place.fault !== undefined) throw new Refusal(EX_DATAERR, place.fault);
  if (place.file === undefined) throw new Refusal(EX_DATAERR, `${path.join(root, name)} is missing`);
  const { data, mode } = place.file;
  const text = data.toString();
  let ours;
  try {
    ours = JSON.parse(text);
  } catch (error) {
    throw new Refusal(EX_DATAERR, `${path.join(root, name)} is not JSON: ${/** @type {Error} */ (error).message}`);
  }
  /** @type {Change[]} */
  const kept = [];
  const merged = mergeValues(JSON.parse(String(base.data)), ours, JSON.parse(String(theirs.data)), (note) =>
    kept.push({ outcome: 'kept', path: name, note }),
  );
  if (!isDeepStrictEqual(merged, ours)) {
    // Like npm, keep the indentation and the final newline.
    const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
    const after = Buffer.from(JSON.stringify(merged, null, indent) + (text.endsWith('\n') ? '\n' : ''));
    /** @type {Change} */
    const change = { outcome: 'merged', path: name };
    plan.changes.push(change);
    planWrite(change, { name: place.name, before: data, after: { data: after, mode } }, plan);
    const dependencies = (/** @type {any} */ of) => [of.dependencies, of.devDependencies];
    plan.installs = !isDeepStrictEqual(dependencies(merged), dependencies(ours));
  }
  plan.changes.push(...kept);
}

/**
 * Plans an update.
 * @param {string} root - the project's folder
 * @param {import('./record.js').Origin} origin
 * @param {TemplateFile[]} earlier - the template of the version in origin
 * @param {Change[]} made - the changes that an interrupted update has already made
 * @returns {Plan}
 * @throws Refusal
 */
function planUpdate(root, origin, earlier, made) {
  const written = made.map(({ path }) => path);
  const byPath = (/** @type {TemplateFile[]} */ files) =>
    new Map(files.filter(isTemplates).map((file) => [file.path, renamedFile(file, nameOf(files), origin.name)]));
  const [base, theirs] = [byPath(earlier), byPath(templateFiles())];
  const labels = { base: `template ${origin.version}`, theirs: `template ${version}` };
  /** @type {Plan} */
  const plan = { changes: [], writes: [], installs: false };
  for (const name of [...new Set([...base.keys(), ...theirs.keys()])].sort()) {
    const [from, to] = [base.get(name), theirs.get(name)];
    if (written.includes(name)) continue;
    if (name === 'package.json' && from && to) planManifest(root, from, to, plan);
    else planFile(root, name, from, to, labels, plan);
  }
  return plan;
}

/**
 * Refuses to overwrite uncommitted changes.
 * @param {string} root - the project's folder
 * @param {import('./journal.js').Write[]} writes
 * @throws Refusal
 */
function checkCommitted(root, writes) {
  if (!orRefuse(EX_UNAVAILABLE, () => inWorkTree(root))) {
    const why = 'you can review the update, and undo it';
    throw new Refusal(
      EX_CANTCREAT,
      `${root} is not in a git repository. Commit it to one, so that ${why}, or use --force`,
    );
  }
  const names = writes.map(({ name }) => name);
  const files = orRefuse(EX_UNAVAILABLE, () => uncommitted(root, names));
  if (files.length > 0) {
    const list = files.map((name) => `\n  ${name}`).join('');
    throw new Refusal(
      EX_CANTCREAT,
      `files to be written have uncommitted changes. Commit them, or use --force:${list}`,
    );
  }
}

/**
 * Prints a line for each change.
 * @param {Change[]} changes
 * @returns {string} how many there are of each kind
 */
function report(changes) {
  for (const { outcome, path, note } of changes) {
    console.log(`${outcome.padEnd(9)}${path}${note === undefined ? '' : `: ${note}`}`);
  }
  const outcomes = [...new Set(changes.map(({ outcome }) => outcome))];
  const count = (/** @type {string} */ one) => changes.filter(({ outcome }) => outcome === one).length;
  const counts = outcomes.map((one) => `${count(one)} ${one}`);
  return counts.join(', ') || 'nothing to change';
}

/**
 * Refuses a project that this version cannot update.
 * @param {import('./record.js').Origin} origin
 * @param {import('./journal.js').Journal | undefined} begun
 * @throws Refusal
 */
function checkVersions(origin, begun) {
  if (isEarlier(version, origin.version)) {
    const why = `it has the template of create-quayside ${origin.version}, and this is ${version}`;
    throw new Refusal(EX_DATAERR, `${origin.name} is not updated: ${why}. Run: npx create-quayside@latest update`);
  }
  if (begun && begun.changes.length > 0 && begun.version !== version) {
    const first = `npx create-quayside@${begun.version} update`;
    throw new Refusal(EX_DATAERR, `an update to ${begun.version} was interrupted. Finish it first: ${first}`);
  }
}

/**
 * Updates the project in a folder, and prints what it did.
 * @param {string} folder
 * @param {{ force: boolean, dryRun: boolean }} options - force: whether to overwrite uncommitted changes; dryRun: whether
 *   to write nothing
 * @returns {number} the exit code: 1 with conflicts
 * @throws Refusal
 */
function update(folder, { force, dryRun }) {
  const root = fs.realpathSync(folder);
  const origin = readRecord(root);
  if (origin.version === version) {
    if (!dryRun) clear(root);
    console.log(`${origin.name} already has the template of create-quayside ${version}`);
    return 0;
  }
  const begun = interrupted(root);
  checkVersions(origin, begun);

  let earlier;
  try {
    earlier = publishedTemplate(origin.version, root);
  } catch (error) {
    const what = `create-quayside ${origin.version}, which the project's files come from, is not available`;
    throw new Refusal(EX_UNAVAILABLE, `${what}: ${/** @type {Error} */ (error).message}. Nothing was written`);
  }
  const made = begun?.changes ?? [];
  const {
    changes: planned,
    writes,
    installs,
  } = orRefuse(EX_UNAVAILABLE, () => planUpdate(root, origin, earlier, made));
  const changes = [...made, ...planned];
  const journal = { version, changes, installs: installs || begun?.installs === true };
  // The record comes last: it means that all other files are written.
  const after = { data: recordFile({ ...origin, version }).data, mode: 0o644 };
  writes.push({ name: recordName, before: fs.readFileSync(path.join(root, recordName)), after });
  if (!dryRun) {
    if (!force) checkCommitted(root, writes);
    orRefuse(EX_CANTCREAT, () => writeUpdate(root, journal, writes));
  }

  const summary = report(changes);
  console.log(`\n${origin.name}, from create-quayside ${origin.version} to ${version}: ${summary}`);
  const conflicts = changes.some(({ outcome }) => outcome === 'conflict');
  if (dryRun) console.log('Nothing was written, because of --dry-run');
  else {
    if (conflicts) console.log('Resolve the conflicts: in a file, each is between <<<<<<< and >>>>>>>');
    if (journal.installs) console.log('The dependencies have changed: run npm install');
  }
  return conflicts ? 1 : 0;
}

module.exports = { update };
