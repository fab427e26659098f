// Decides where a new project gets quayside from: a registry, or a tarball in its vendor/.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { npm } = require('./npm.js');

/**
 * @typedef {object} Source
 * @property {string} version - for package.json
 * @property {{ path: string, data: Buffer }} [tarball] - a file of the project
 * @property {string} said - the line that says which it is, and why
 */

/** How long the registry may take to say whether it has quayside, in ms. */
const patience = 20_000;

/**
 * Asks the configured registry for quayside.
 * @param {string} range
 * @returns {{ has: boolean, lacks: boolean, fault: string }} neither has nor lacks: it did not answer
 */
function askRegistry(range) {
  const args = ['view', `quayside@${range}`, 'version', '--json', '--fetch-retries=0', `--fetch-timeout=${patience}`];
  const { ok, stdout, fault } = npm(args, { timeout: patience });
  // If no version is in that range, npm succeeds and prints nothing, or fails, depending on npm's own version.
  const absent = (ok && stdout.trim() === '') || /"code": "(E404|ETARGET)"/.test(stdout);
  return { has: ok && !absent, lacks: absent, fault };
}

/**
 * Compiles and packs this repository's quayside.
 * @param {string} repository
 * @returns {{ path: string, data: Buffer }}
 * @throws Error if npm fails
 */
function pack(repository) {
  const folder = path.join(repository, 'packages/quayside');
  const packed = fs.mkdtempSync(path.join(os.tmpdir(), 'create-quayside-'));
  try {
    const { ok, fault } = npm(['pack', '--pack-destination', packed], { cwd: folder });
    const [name] = fs.readdirSync(packed);
    if (!ok || name === undefined) throw new Error(`quayside could not be packed: ${fault}`);
    return { path: `vendor/${name}`, data: fs.readFileSync(path.join(packed, name)) };
  } finally {
    fs.rmSync(packed, { recursive: true });
  }
}

/**
 * Chooses where a project gets quayside from.
 * @param {string} range - the versions that the template accepts
 * @param {string | undefined} repository - the repository that this package is in
 * @param {boolean} local - whether to pack it without asking the registry
 * @returns {Source}
 * @throws Error if it is not available
 */
function quaysideSource(range, repository, local) {
  const answer = local ? undefined : askRegistry(range);
  if (answer?.has) return { version: range, said: `quayside: ${range}, from the registry` };
  if (repository !== undefined) {
    const tarball = pack(repository);
    const why = local
      ? 'because of --local'
      : answer?.lacks
        ? `because the registry has no quayside ${range}`
        : `because the registry could not be queried (${answer?.fault})`;
    return {
      version: `file:${tarball.path}`,
      tarball,
      said: `quayside: ${tarball.path}, packed from this repository ${why}`,
    };
  }
  if (answer?.lacks) throw new Error(`npm's configured registry has no quayside ${range}`);
  const said = `quayside: ${range}, from the registry, which could not be queried and may not have it (${answer?.fault})`;
  return { version: range, said };
}

module.exports = { quaysideSource };
