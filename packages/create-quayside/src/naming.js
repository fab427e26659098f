// Replaces a project's name in its files.
'use strict';

/** @typedef {import('./template.js').TemplateFile} TemplateFile */

/**
 * Whether a file is binary, by git's rule.
 * @param {Buffer} data
 */
const isBinary = (data) => data.subarray(0, 8000).includes(0);

/**
 * A name as the alerts use it: `MyOrders` for `my-orders`.
 * @param {string} name
 */
const capitalised = (name) => name.replace(/(?:^|-)(.)/g, (_whole, first) => first.toUpperCase());

/**
 * Replaces a name where it stands as a word: in `app/orders.ts` and `orders-stats`, not in `reorders` or `work-orders`.
 * @param {string} text
 * @param {string} from
 * @param {string} to
 */
function renamed(text, from, to) {
  // Compose's container names contain it twice.
  const word = new RegExp(`(?<![A-Za-z0-9]|[A-Za-z0-9]-)${from}(?:-${from})*(?![A-Za-z0-9])`, 'g');
  return text.replace(word, (whole) => whole.replaceAll(from, to));
}

/**
 * A project's file after a renaming. A binary file keeps its contents.
 * @template {Pick<TemplateFile, 'path' | 'data'>} File
 * @param {File} file
 * @param {string} from
 * @param {string} to
 * @returns {File}
 */
function renamedFile(file, from, to) {
  const path = renamed(file.path, from, to);
  if (isBinary(file.data)) return { ...file, path };
  // latin1 preserves every byte, whatever the text's encoding.
  let text = renamed(file.data.toString('latin1'), from, to);
  // Elsewhere, such a word may be one of the service's classes.
  if (file.path.startsWith('deploy/')) {
    text = text.replace(new RegExp(`(?<![A-Za-z0-9])${capitalised(from)}(?![a-z0-9])`, 'g'), capitalised(to));
  }
  return { ...file, path, data: Buffer.from(text, 'latin1') };
}

module.exports = { isBinary, renamed, renamedFile };
