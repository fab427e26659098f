// What a check found, and how it is printed.
'use strict';

/**
 * @typedef {object} Finding
 * @property {'ok' | 'wrong' | 'note'} kind - note: something that could not be checked here, or is only worth knowing
 * @property {string} text
 * @property {string} [remedy] - what to do, or where to check it
 */

/**
 * @param {string} text
 * @returns {Finding}
 */
const ok = (text) => ({ kind: 'ok', text });

/**
 * @param {string} text
 * @param {string} remedy
 * @returns {Finding}
 */
const wrong = (text, remedy) => ({ kind: 'wrong', text, remedy });

/**
 * @param {string} text
 * @param {string} [remedy]
 * @returns {Finding}
 */
const note = (text, remedy) => ({ kind: 'note', text, remedy });

/**
 * The lines of a finding, the remedy indented below the text.
 * @param {Finding} finding
 */
function format({ kind, text, remedy }) {
  const lines = remedy === undefined ? [] : remedy.split('\n').map((line) => `        ${line}`);
  return [`${kind.padEnd(5)} ${text}`, ...lines].join('\n');
}

/**
 * The last line: whether anything is wrong.
 * @param {Finding[]} findings
 */
function summary(findings) {
  const count = (/** @type {Finding['kind']} */ kind) => findings.filter((finding) => finding.kind === kind).length;
  const wrongs = count('wrong');
  const notes = count('note');
  const verdict = wrongs === 0 ? 'Nothing is wrong' : `${wrongs} ${wrongs === 1 ? 'thing is' : 'things are'} wrong`;
  return `${verdict}${notes === 0 ? '' : `; ${notes} ${notes === 1 ? 'note' : 'notes'}`}.`;
}

module.exports = { ok, wrong, note, format, summary };
