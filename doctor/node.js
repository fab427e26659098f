// Checks Node.js, and the dependencies installed in the project.
'use strict';

const fs = require('fs');
const path = require('path');
const { ok, wrong, note } = require('./finding');
const { atLeast } = require('./versions');

/** @param {string} file */
const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/**
 * Checks that package.json allows this version of Node.js.
 * @param {string} root
 */
function checkNode(root) {
  const { engines } = readJson(path.join(root, 'package.json'));
  const [, least] = /^>=\s*([\d.]+)$/.exec((engines && engines.node) || '') || [];
  if (least === undefined) return [note(`Node.js ${process.versions.node}: package.json sets no minimum version`)];
  if (atLeast(process.versions.node, least)) return [ok(`Node.js ${process.versions.node}`)];
  return [
    wrong(
      `Node.js ${process.versions.node} is too old: ${least} or later is needed`,
      'Install a newer one, or use only Docker: docker compose up',
    ),
  ];
}

/**
 * Checks that node_modules, if it exists, matches package-lock.json.
 * @param {string} root
 */
function checkDependencies(root) {
  if (!fs.existsSync(path.join(root, 'node_modules'))) {
    return [note('node_modules: none. Docker needs none; without Docker, and for the tests, run: npm ci')];
  }
  // npm writes this file at the end of an installation.
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!fs.existsSync(record)) return [wrong('npm did not finish installing node_modules', 'Run: npm ci')];

  /** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} Packages */
  /** @type {Packages} */
  const installed = readJson(record).packages;
  /** @type {Packages} */
  const locked = readJson(path.join(root, 'package-lock.json')).packages;
  const different = Object.keys(locked).filter((name) => {
    const { version, optional, devOptional } = locked[name];
    // The empty name is the project itself; an optional package may be for another platform.
    if (name === '' || (!installed[name] && (optional || devOptional))) return false;
    return !installed[name] || installed[name].version !== version;
  });
  if (different.length === 0) return [ok('node_modules matches package-lock.json')];
  const [first] = different;
  const found = installed[first] ? `${installed[first].version} is installed` : 'it is not installed';
  return [
    wrong(
      `node_modules differs from package-lock.json in ${different.length} of ${Object.keys(locked).length} packages: ` +
        `${first.replace(/^.*node_modules\//, '')} should be ${locked[first].version}, but ${found}`,
      'Run: npm ci',
    ),
  ];
}

/**
 * Compares the template's version, which create-quayside records in a project, with the server's; both are published
 * together. Without a record, there is nothing to report.
 * @param {string} root
 */
function checkTemplate(root) {
  const name = '.create-quayside.json';
  const server = path.join(root, 'node_modules/quayside/package.json');
  if (!fs.existsSync(path.join(root, name)) || !fs.existsSync(server)) return [];
  const installed = readJson(server).version;
  let template;
  try {
    template = readJson(path.join(root, name)).version;
  } catch (error) {
    // Not even JSON.
  }
  if (typeof template !== 'string') {
    return [
      wrong(`${name} does not say which version of the template this is`, 'Restore the file from the repository.'),
    ];
  }
  if (atLeast(template, installed)) return [ok(`the template's files are from ${template}, quayside is ${installed}`)];
  return [
    note(
      `the template's files are older than quayside: they are from ${template}, but ${installed} is installed`,
      'Run: npx create-quayside@latest update',
    ),
  ];
}

module.exports = { checkNode, checkDependencies, checkTemplate };
