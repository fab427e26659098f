// Checks a project's name, which is used for a package, a file, an image, a service, a host and a dashboard's id.
'use strict';
const validateForNpm = require('validate-npm-package-name');
const { EX_USAGE, Refusal } = require('./refusal.js');

/** What npm, Docker, Compose, DNS, Kubernetes, nginx and Grafana all accept. */
const form = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** Grafana's limit for a dashboard's id; the others allow more. */
const maxLength = 40;
const rule = `lower-case letters and digits, in words joined by "-", starting with a letter, at most ${maxLength} characters`;

/** Words that some version of YAML does not read as text. */
const yamlWords = ['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n'];

/**
 * @typedef {object} Taken
 * @property {string[]} dependencies - the packages that a project depends on
 * @property {string[]} services - the template's Compose services
 * @property {Map<string, string>} [words] - words that the files use for something else, each with a file that has it. Given
 *   for a renaming, whose new name has to be found in the files later
 */

/**
 * Says what is wrong with a name.
 * @param {string} name
 * @param {Taken} taken
 * @returns {string | undefined} undefined: nothing
 */
function nameFault(name, { dependencies, services, words }) {
  if (!form.test(name) || name.length > maxLength) return `expected ${rule}`;
  if (dependencies.includes(name)) return 'the project depends on a package of that name, which npm would refuse';
  if (services.includes(name)) return 'the Compose files have another service of that name';
  if (yamlWords.includes(name)) return 'YAML does not read it as text';
  if (name === 'scratch') return 'Docker reserves it';
  const file = words?.get(name);
  if (file !== undefined)
    return `${file} uses that word for something else, so the next renaming could not tell the two apart`;
  const { validForNewPackages, errors = [], warnings = [] } = validateForNpm(name);
  return validForNewPackages ? undefined : `npm does not accept it: ${[...errors, ...warnings].join(', ')}`;
}

/**
 * A valid name similar to the given one.
 * @param {string} name
 * @param {Taken} taken
 */
function alternativeTo(name, taken) {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const near = words.join('-').replace(/^[0-9-]+/, '');
  return [near, `${near}-service`].find((one) => nameFault(one, taken) === undefined) ?? 'orders';
}

/**
 * Refuses an invalid name.
 * @param {string} name
 * @param {Taken} taken
 * @param {(name: string) => string} callWith - the command with another name
 * @throws Refusal
 */
function checkName(name, taken, callWith) {
  const fault = nameFault(name, taken);
  if (fault === undefined) return;
  const example = callWith(alternativeTo(name, taken));
  throw new Refusal(EX_USAGE, `"${name}" cannot be a project's name: ${fault}. For example: ${example}`);
}

module.exports = { alternativeTo, checkName, nameFault };
