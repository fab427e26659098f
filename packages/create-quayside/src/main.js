// The command line: parses the arguments and runs the command they name.
'use strict';
const { parseArgs } = require('node:util');
const { version } = require('../package.json');
const { create } = require('./create.js');
const { EX_USAGE, Refusal, orRefuse } = require('./refusal.js');
const { rename } = require('./rename.js');
const { repository } = require('./template.js');
const { update } = require('./update.js');

const published = repository === undefined;
const call = published ? 'npm create quayside' : 'npm run new --';
const localOption = "\n  --local      pack this repository's quayside into vendor/, whatever the registry has";
const renameCall = '\n       npm run rename -- NAME [--dry-run]';
const renameSaid = '\nrename renames this repository in place.';
const usage = `Usage: ${call} DIRECTORY
       npx create-quayside@latest update [--dry-run] [--force]${published ? '' : renameCall}

Writes a new project to DIRECTORY, which has to be new or empty. Its last part is the project's name.
update brings the files of the project in this folder up to date with this version's template.${published ? '' : renameSaid}

Options:${published ? '' : localOption}
  --dry-run    print what would be done, and write nothing
  --force      also update files with uncommitted changes
  --help       print this
  --version    print the version`;

const flags = /** @type {const} */ ({
  local: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  force: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
});
/** The options that each command takes, by its name; '' creates a new project. */
const optionsOf = new Map([
  ['', ['local']],
  ['update', ['dry-run', 'force']],
  ['rename', ['dry-run']],
]);

/**
 * @param {string[]} args
 * @throws Error for an unknown option
 */
const parse = (args) => parseArgs({ args, options: flags, allowPositionals: true });

/**
 * Does what the arguments ask for.
 * @param {string[]} args
 * @returns {number} the exit code
 * @throws Refusal
 */
function act(args) {
  const { values, positionals } = orRefuse(EX_USAGE, () => parse(args));
  const [first, ...more] = positionals;
  if (values.help || values.version) {
    console.log(values.help ? usage : version);
    return 0;
  }
  const command = first !== undefined && optionsOf.has(first) ? first : '';
  const foreign = Object.keys(values).find((option) => optionsOf.get(command)?.includes(option) === false);
  if (foreign !== undefined) {
    throw new Refusal(EX_USAGE, `--${foreign} is not an option of ${command || 'a new project'}\n\n${usage}`);
  }
  if (values.local && published) {
    throw new Refusal(EX_USAGE, "--local works only in quayside's repository; this is the published package");
  }
  if (command === 'update') {
    if (more.length > 0) throw new Refusal(EX_USAGE, `update takes no argument, but got ${more[0]}\n\n${usage}`);
    return update('.', { force: values.force === true, dryRun: values['dry-run'] === true });
  }
  if (command === 'rename') {
    if (repository === undefined) throw new Refusal(EX_USAGE, "rename works only in quayside's repository");
    const [name = '', ...others] = more;
    if (name === '' || others.length > 0) {
      throw new Refusal(EX_USAGE, `expected one NAME, for example: npm run rename -- my-service\n\n${usage}`);
    }
    rename(repository, name, values['dry-run'] === true);
    return 0;
  }
  if (!first || more.length > 0) {
    throw new Refusal(EX_USAGE, `expected one DIRECTORY, for example: ${call} ../orders\n\n${usage}`);
  }
  create(first, { local: values.local === true, call });
  return 0;
}

/**
 * Runs the command.
 * @param {string[]} args
 * @returns {number} the exit code
 */
function main(args) {
  try {
    return act(args);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`create-quayside: ${error.message}`);
    return error.code;
  }
}

module.exports = { main };
