// Reads and makes .create-quayside.json, a project's record of the template it comes from.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { nameFault } = require('./name.js');
const { EX_DATAERR, Refusal } = require('./refusal.js');

/**
 * @typedef {object} Origin
 * @property {string} version - the create-quayside version whose template the project's files come from
 * @property {string} name - the project's name in these files
 */

const recordName = '.create-quayside.json';
const versionForm = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

/**
 * Makes the record.
 * @param {Origin} origin
 * @returns {import('./template.js').TemplateFile}
 */
function recordFile({ version, name }) {
  return { path: recordName, data: Buffer.from(`${JSON.stringify({ version, name }, null, 2)}\n`), executable: false };
}

/**
 * Reads the record.
 * @param {string} folder - the project's
 * @returns {Origin}
 * @throws Refusal if it is missing or broken
 */
function readRecord(folder) {
  const expected = `expected {"version": "1.2.3", "name": "orders"}: the create-quayside version that the project's files come from, and the name in them`;
  let text;
  try {
    text = fs.readFileSync(path.join(folder, recordName), 'utf8');
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const why = code === 'ENOENT' ? `${folder} is not the folder of a project that create-quayside made` : message;
    throw new Refusal(EX_DATAERR, `${why}: ${recordName} is missing; ${expected}`);
  }
  try {
    const { version, name } = JSON.parse(text);
    const isName = typeof name === 'string' && nameFault(name, { dependencies: [], services: [] }) === undefined;
    if (isName && typeof version === 'string' && versionForm.test(version)) return { version, name };
  } catch {
    // Not even JSON.
  }
  throw new Refusal(EX_DATAERR, `${path.join(folder, recordName)} is ${JSON.stringify(text.trim())}; ${expected}`);
}

module.exports = { readRecord, recordFile, recordName };
