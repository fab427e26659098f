// What a project may be called: the name becomes a package, a file, an image, a service, a host and a dashboard's id.
'use strict';
const validateForNpm = require('validate-npm-package-name');
const { EX_USAGE, Refusal } = require('./refusal.js');

/** What npm, Docker, Compose, DNS, Kubernetes, nginx and Grafana all take. */
const form = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** Grafana's, for the id of a dashboard; the others take more. */
const maxLength = 40;
const rule = `lower-case letters and digits, in words joined by "-", a letter first, at most ${maxLength} characters`;

/** Words that YAML, in one version or another, reads as something other than text. */
const yamlWords = ['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n'];

/**
 * @typedef {object} Taken
 * @property {string[]} dependencies - the packages that a project depends on
 * @property {string[]} services - the template's Compose services
 * @property {Map<string, string>} [words] - what the files have for something else, and the file that has it: as where a name
 *   is put in their place that has to be found in them later
 */

/**
 * Tells what is wrong with a name.
 * @param {string} name
 * @param {Taken} taken
 * @returns {string | undefined} undefined: nothing
 */
function nameFault(name, { dependencies, services, words }) {
  if (!form.test(name) || name.length > maxLength) return `expected ${rule}`;
  if (dependencies.includes(name)) return 'a project depends on the package of that name, which npm would refuse';
  if (services.includes(name)) return 'the Compose files have another service of that name';
  if (yamlWords.includes(name)) return 'YAML does not read it as a name';
  if (name === 'scratch') return 'Docker reserves it';
  const file = words?.get(name);
  if (file !== undefined)
    return `${file} has that word for something else, and the next name could not be put in its place`;
  const { validForNewPackages, errors = [], warnings = [] } = validateForNpm(name);
  return validForNewPackages ? undefined : `npm does not take it: ${[...errors, ...warnings].join(', ')}`;
}

/**
 * A name like the given one that a project may have.
 * @param {string} name
 * @param {Taken} taken
 */
function alternativeTo(name, taken) {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const near = words.join('-').replace(/^[0-9-]+/, '');
  return [near, `${near}-service`].find((one) => nameFault(one, taken) === undefined) ?? 'orders';
}

/**
 * Refuses a name that a project cannot have.
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
