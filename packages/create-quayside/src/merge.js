// Merges one file that may have changed on two sides: in the project, and in the template.
'use strict';
const { isDeepStrictEqual } = require('node:util');
const { mergeTexts } = require('./git.js');
const { isBinary } = require('./naming.js');

/**
 * @typedef {object} Content
 * @property {Buffer} data
 * @property {boolean} executable
 */
/**
 * @typedef {object} Verdict
 * @property {'same' | 'updated' | 'merged' | 'conflict' | 'kept' | 'added' | 'removed'} outcome
 * @property {string} [note] - a note for the report
 * @property {Content} [content] - what the file becomes
 * @property {Buffer} [beside] - if the file stays as it is: the template's contents, to be written beside it
 */

/**
 * @param {Content} one
 * @param {Content} other
 */
const equal = (one, other) => one.executable === other.executable && one.data.equals(other.data);

/**
 * Merges a file. The project's changes are never lost.
 * @param {Content | undefined} base - as the template had it when the project was made; undefined: it did not
 * @param {Content | undefined} ours - as the project has it
 * @param {Content | undefined} theirs - as the template has it
 * @param {{ base: string, theirs: string }} labels - the conflict markers' names for the template's two versions
 * @returns {Verdict}
 */
function mergeFile(base, ours, theirs, labels) {
  if (theirs === undefined) {
    if (base === undefined || ours === undefined) return { outcome: 'same' };
    if (equal(ours, base)) return { outcome: 'removed' };
    return { outcome: 'kept', note: 'changed here; the template no longer has it' };
  }
  if (base === undefined) {
    if (ours === undefined) return { outcome: 'added', content: theirs };
    if (ours.data.equals(theirs.data)) return { outcome: 'same' };
    return { outcome: 'conflict', note: 'this file was here before the template had one', beside: theirs.data };
  }
  if (ours === undefined) {
    return { outcome: 'kept', note: `deleted here${equal(base, theirs) ? '' : '; the template has changed it'}` };
  }
  if (equal(base, theirs) || equal(ours, theirs)) return { outcome: 'same' };

  const executable = ours.executable === base.executable ? theirs.executable : ours.executable;
  if (ours.data.equals(base.data)) return { outcome: 'updated', content: { data: theirs.data, executable } };
  if (base.data.equals(theirs.data) || ours.data.equals(theirs.data)) {
    return executable === ours.executable
      ? { outcome: 'same' }
      : { outcome: 'merged', content: { data: ours.data, executable } };
  }
  if ([base, ours, theirs].some(({ data }) => isBinary(data))) {
    return { outcome: 'conflict', note: 'it is binary, and changed on both sides', beside: theirs.data };
  }
  const { data, conflicts } = mergeTexts(
    { label: 'yours', data: ours.data },
    { label: labels.base, data: base.data },
    { label: labels.theirs, data: theirs.data },
  );
  if (conflicts === 0) return { outcome: 'merged', content: { data, executable } };
  const note = `${conflicts} ${conflicts === 1 ? 'place' : 'places'}, marked in the file`;
  return { outcome: 'conflict', note, content: { data, executable } };
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {unknown} value */
const shown = (value) => (value === undefined ? 'none' : JSON.stringify(value));

/**
 * Merges JSON by key. If both sides changed a value, ours stays.
 * @param {unknown} base
 * @param {unknown} ours
 * @param {unknown} theirs
 * @param {(note: string) => void} kept - called with a note for each value of ours that stays
 * @param {string} [key] - the path of the values
 * @returns {unknown} undefined: the key is removed
 */
function mergeValues(base, ours, theirs, kept, key = '') {
  if (isDeepStrictEqual(base, theirs) || isDeepStrictEqual(ours, theirs)) return ours;
  if (isDeepStrictEqual(ours, base)) return theirs;
  if (!isObject(ours) || !isObject(theirs) || (base !== undefined && !isObject(base))) {
    kept(`${key} stays ${shown(ours)}; the template has ${shown(theirs)} instead of ${shown(base)}`);
    return ours;
  }
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const merged = keys.map((name) => {
    const within = key === '' ? name : `${key}.${name}`;
    return [name, mergeValues(base?.[name], ours[name], theirs[name], kept, within)];
  });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

module.exports = { mergeFile, mergeValues };
