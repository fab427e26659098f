// Fetches an earlier version's template from the published package.
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { npm } = require('./npm.js');
const { packedFiles } = require('./template.js');

/** How long the registry may take to answer, in ms. */
const patience = 20_000;

/**
 * Fetches the package from the configured registry, and reads it without running any of it.
 * @param {string} version - of create-quayside
 * @param {string} folder - the project's, whose .npmrc may name the registry
 * @returns {import('./template.js').TemplateFile[]}
 * @throws Error if it is not available
 */
function publishedTemplate(version, folder) {
  const into = fs.mkdtempSync(path.join(os.tmpdir(), 'create-quayside-'));
  try {
    const args = ['pack', `create-quayside@${version}`, '--ignore-scripts', '--pack-destination', into];
    args.push('--no-workspaces', '--fetch-retries=0', `--fetch-timeout=${patience}`);
    const { ok, fault } = npm(args, { cwd: folder, timeout: 3 * patience });
    if (!ok) throw new Error(fault);
    const [tarball = ''] = fs.readdirSync(into);
    const { status, stderr, error } = spawnSync('tar', ['-xzf', tarball], { cwd: into, encoding: 'utf8' });
    if (status !== 0) throw new Error(`it could not be unpacked: ${error?.message ?? stderr.trim()}`);
    return packedFiles(path.join(into, 'package/template'));
  } finally {
    fs.rmSync(into, { recursive: true });
  }
}

module.exports = { publishedTemplate };
