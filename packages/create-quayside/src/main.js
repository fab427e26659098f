// The command: what its words mean.
'use strict';
const { parseArgs } = require('node:util');
const { version } = require('../package.json');
const { create } = require('./create.js');
const { EX_USAGE, Refusal, orRefuse } = require('./refusal.js');
const { repository } = require('./template.js');

const published = repository === undefined;
const call = published ? 'npm create quayside' : 'npm run new --';
const localOption = '\n  --local      carry quayside of this repository in vendor/, whatever the registry has';
const usage = `Usage: ${call} DIRECTORY

Writes a new project to DIRECTORY, which is new or empty. Its last part is the project's name.

Options:${published ? '' : localOption}
  --help       print this
  --version    print the version`;

/**
 * @param {string[]} args
 * @throws Error at an unknown option
 */
function parse(args) {
  const options = /** @type {const} */ ({
    local: { type: 'boolean' },
    help: { type: 'boolean' },
    version: { type: 'boolean' },
  });
  return parseArgs({ args, options, allowPositionals: true });
}

/**
 * Does what the words ask for.
 * @param {string[]} args
 * @throws Refusal
 */
function act(args) {
  const { values, positionals } = orRefuse(EX_USAGE, () => parse(args));
  const [directory, ...more] = positionals;
  if (values.help) console.log(usage);
  else if (values.version) console.log(version);
  else if (!directory || more.length > 0) {
    throw new Refusal(EX_USAGE, `expected one DIRECTORY, for example: ${call} ../orders\n\n${usage}`);
  } else if (values.local && published) {
    throw new Refusal(EX_USAGE, '--local works in the repository of quayside alone; this is the published package');
  } else create(directory, { local: values.local === true, call });
}

/**
 * Runs the command.
 * @param {string[]} args
 * @returns {number} the exit code
 */
function main(args) {
  try {
    act(args);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`create-quayside: ${error.message}`);
    return error.code;
  }
}

module.exports = { main };
