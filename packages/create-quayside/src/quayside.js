// Where a new project gets quayside from: a registry, or a tarball that it carries in vendor/.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { npm } = require('./npm.js');

/**
 * @typedef {object} Source
 * @property {string} version - for package.json
 * @property {{ path: string, data: Buffer }} [tarball] - a file of the project
 * @property {string} said - which it is, and why
 */

/** How long the registry may take to say whether it has quayside, in ms. */
const patience = 20_000;

/**
 * Asks the configured registry for quayside.
 * @param {string} range
 * @returns {{ has: boolean, lacks: boolean, fault: string }} neither: it did not answer
 */
function askRegistry(range) {
  const args = ['view', `quayside@${range}`, 'version', '--json', '--fetch-retries=0', `--fetch-timeout=${patience}`];
  const { ok, stdout, fault } = npm(args, { timeout: patience });
  // Without a version of that range, npm succeeds and says nothing, or fails, by its own version.
  const absent = (ok && stdout.trim() === '') || /"code": "(E404|ETARGET)"/.test(stdout);
  return { has: ok && !absent, lacks: absent, fault };
}

/**
 * Packs quayside of this repository, compiled anew.
 * @param {string} repository
 * @returns {{ path: string, data: Buffer }}
 * @throws Error where npm fails
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
 * @param {string} range - the versions that the template takes
 * @param {string | undefined} repository - that this package lies in
 * @param {boolean} local - whether to pack it without asking
 * @returns {Source}
 * @throws Error where it cannot be had
 */
function quaysideSource(range, repository, local) {
  const answer = local ? undefined : askRegistry(range);
  if (answer?.has) return { version: range, said: `quayside: ${range}, from the registry, which has it` };
  if (repository !== undefined) {
    const tarball = pack(repository);
    const why = local
      ? 'as --local asks for'
      : answer?.lacks
        ? `as the registry has no quayside ${range}`
        : `as the registry could not be asked (${answer?.fault})`;
    return { version: `file:${tarball.path}`, tarball, said: `quayside: ${tarball.path}, packed from here, ${why}` };
  }
  if (answer?.lacks) throw new Error(`the registry that npm is configured for has no quayside ${range}`);
  const said = `quayside: ${range}, from the registry, which could not be asked whether it has it (${answer?.fault})`;
  return { version: range, said };
}

module.exports = { quaysideSource };
