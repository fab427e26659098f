// Makes a new project's package.json from the template's.
'use strict';

/** @typedef {Record<string, string>} Words */
/**
 * @typedef {Record<string, unknown> & {
 *   name: string; version: string; scripts: Words; dependencies: Words; devDependencies: Words;
 *   jest: Record<string, unknown>; workspaces?: string[];
 * }} Manifest
 */

/** What a project takes; the root's other scripts and tools are for the repository. */
const scripts = ['dev', 'build', 'prestart', 'start', 'test', 'test:watch', 'doctor', 'deploy', 'release', 'sbom'];
const tools = ['@types/jest', '@types/supertest', 'jest', 'supertest', 'ts-jest'];

/**
 * @param {Words} words
 * @param {string[]} names
 */
function only(words, names) {
  return Object.fromEntries(Object.entries(words).filter(([name]) => names.includes(name)));
}

/**
 * Makes a project's package.json.
 * @param {Manifest} root - the repository's
 * @returns {Manifest}
 */
function projectManifest(root) {
  const { workspaces: _workspaces, ...manifest } = root;
  // These also cover the packages' tests.
  const { projects: _projects, maxWorkers: _maxWorkers, ...jest } = root.jest;
  return {
    ...manifest,
    version: '0.1.0',
    description: 'A service in TypeScript and Express',
    private: true,
    // The template's licence does not apply to the service.
    license: 'UNLICENSED',
    scripts: { ...only(root.scripts, scripts), lint: 'tsc --noEmit -p test && tsc --noEmit -p doctor' },
    devDependencies: only(root.devDependencies, tools),
    jest,
  };
}

module.exports = { projectManifest };
