// Says why development or production does not work, and what to do: npm run doctor, docker compose run --rm doctor.
'use strict';
// Plain JavaScript without dependencies, in the syntax of Node.js 12: it has to run before npm ci, and in an old Node.js.

const path = require('path');
const { checkDocker, leastCompose } = require('./docker');
const { checkEvents, watchInContainer } = require('./events');
const { checkScripts } = require('./files');
const { format, note, ok, summary, wrong } = require('./finding');
const { checkDependencies, checkNode, checkTemplate } = require('./node');
const { checkPorts } = require('./ports');
const { checkEnv, checkSettings } = require('./settings');

/** The project's folder. */
const root = path.dirname(__dirname);
const inContainer = process.argv.includes('--container');
/** Whether there is a user who can be asked for an edit. */
const asks = process.argv.includes('--ask') || (inContainer && process.stdin.isTTY === true);

/** The findings about Docker in a container, where Docker itself cannot be asked. */
const dockerInContainer = [
  ok('Docker Engine and Docker Compose: they started this container'),
  note(
    `Docker Compose: its version is not visible in this container`,
    `docker compose version has to print ${leastCompose} or later.`,
  ),
];

/** @returns {Promise<number>} the exit code */
async function main() {
  /** @type {import('./finding').Finding[]} */
  const findings = [];
  const report = (/** @type {import('./finding').Finding[]} */ found) => {
    for (const finding of found) console.log(format(finding));
    findings.push(...found);
  };
  let docker = false;
  const checks = [
    () => checkNode(root),
    () => checkDependencies(root),
    () => checkTemplate(root),
    async () => {
      if (inContainer) return dockerInContainer;
      const checked = await checkDocker();
      docker = checked.usable;
      return checked.findings;
    },
    () => checkScripts(root),
    () => checkEnv(root),
    () => checkSettings(root),
    () => checkPorts(root, inContainer),
    () => checkEvents(root, docker, asks),
  ];
  for (const check of checks) {
    try {
      report(await check());
    } catch (error) {
      // For example because one of the project's files is missing.
      report([wrong(String(/** @type {Error} */ (error).message), 'Restore the file from the repository.')]);
    }
  }
  console.log(`\n${summary(findings)}`);
  return findings.some(({ kind }) => kind === 'wrong') ? 1 : 0;
}

// On exit, the files written for the checks are removed; a signal's default action would skip that.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
process.on('SIGHUP', () => process.exit(129));

const watched = process.argv[process.argv.indexOf('--watch') + 1];
const task = process.argv.includes('--watch') ? watchInContainer(root, watched) : main();
task.then((code) => {
  process.exitCode = code;
});
