// Tells why development or production does not work, and what to do: npm run doctor, docker compose run --rm doctor.
'use strict';
// Plain JavaScript without dependencies, in the syntax of Node.js 12: it runs before npm ci, and where Node.js is too old.

const path = require('path');
const { checkDocker, leastCompose } = require('./docker');
const { checkEvents, watchInContainer } = require('./events');
const { checkScripts } = require('./files');
const { format, note, ok, summary, wrong } = require('./finding');
const { checkDependencies, checkNode, checkTemplate } = require('./node');
const { checkPorts } = require('./ports');
const { checkEnv } = require('./settings');

/** The project's folder. */
const root = path.dirname(__dirname);
const inContainer = process.argv.includes('--container');
/** Whether somebody is at the other end who can be asked. */
const asks = process.argv.includes('--ask') || (inContainer && process.stdin.isTTY === true);

/** What is said of Docker in a container, where it cannot be asked. */
const dockerInContainer = [
  ok('Docker Engine and Docker Compose: they have started this'),
  note(
    `Docker Compose: its version cannot be seen from in here`,
    `docker compose version says ${leastCompose} or later.`,
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
    () => checkPorts(root, inContainer),
    () => checkEvents(root, docker, asks),
  ];
  for (const check of checks) {
    try {
      report(await check());
    } catch (error) {
      // As where a file is missing that is part of the project.
      report([wrong(String(/** @type {Error} */ (error).message), 'Get the file anew from the repository.')]);
    }
  }
  console.log(`\n${summary(findings)}`);
  return findings.some(({ kind }) => kind === 'wrong') ? 1 : 0;
}

// What has been written is removed at the exit, which a signal alone would skip.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
process.on('SIGHUP', () => process.exit(129));

const watched = process.argv[process.argv.indexOf('--watch') + 1];
const task = process.argv.includes('--watch') ? watchInContainer(root, watched) : main();
task.then((code) => {
  process.exitCode = code;
});
