// Reads and checks the variables that Docker Compose reads, and .env.
'use strict';

const fs = require('fs');
const path = require('path');
const { ok, wrong, note } = require('./finding');

/** What Compose fixes inside a container. Without Docker, the server reads these from .env, too. */
const fixedInContainer = ['HOST', 'PORT', 'STATS_HOST', 'STATS_PORT', 'INSPECT_HOST', 'INSPECT_PORT'];

/**
 * The text of the Compose files in a folder.
 * @param {string} root
 * @param {string} [except] - the name of a file to leave out
 */
function composeText(root, except) {
  return fs
    .readdirSync(root)
    .filter((name) => /^(docker-)?compose.*\.ya?ml$/.test(name) && name !== except)
    .map((name) => fs.readFileSync(path.join(root, name), 'utf8'))
    .join('\n');
}

/**
 * Reads .env as Compose does.
 * @param {string} root
 * @returns {{ there: boolean, entries: { name: string, value: string, line: number }[], bad: number[] }} bad: the
 *   numbers of the lines that are not NAME=value
 */
function readEnv(root) {
  /** @type {ReturnType<typeof readEnv>} */
  const env = { there: false, entries: [], bad: [] };
  let text;
  try {
    text = fs.readFileSync(path.join(root, '.env'), 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return env;
    throw error;
  }
  env.there = true;
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    const content = lines[index] || '';
    if (/^\s*(#|$)/.test(content)) continue;
    const [, name, rest] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[=:]\s*(.*)$/.exec(content) || [];
    if (name === undefined || rest === undefined) {
      env.bad.push(line);
      continue;
    }
    const [quote] = /^["']/.exec(rest) || [];
    if (quote === undefined) {
      env.entries.push({ name, value: rest.replace(/\s+#.*$/, '').trim(), line });
      continue;
    }
    // A quoted value may span several lines.
    const closed = quote === '"' ? /^"((?:[^"\\]|\\[^])*)"/ : /^'((?:[^'\\]|\\[^])*)'/;
    let value = rest;
    while (!closed.test(value) && index + 1 < lines.length) {
      index += 1;
      value += `\n${lines[index]}`;
    }
    const [, inside] = closed.exec(value) || [];
    if (inside === undefined) env.bad.push(line);
    else env.entries.push({ name, value: inside, line });
  }
  return env;
}

/**
 * The value of a variable as Compose reads it: from the environment, otherwise from .env, otherwise empty.
 * @param {string} root
 * @param {string} name
 */
function setting(root, name) {
  const inEnvironment = process.env[name];
  if (inEnvironment !== undefined) return inEnvironment;
  const values = readEnv(root).entries.filter((entry) => entry.name === name);
  return values.length === 0 ? '' : values[values.length - 1].value;
}

/**
 * Replaces each ${NAME:-default} in a piece of a Compose file.
 * @param {string} root
 * @param {string} text
 */
function expand(root, text) {
  return text.replace(/\$\{(\w+):-([^}]*)\}/g, (_whole, name, value) => setting(root, name) || value);
}

/**
 * How many letters have to be added, removed or changed to turn one word into the other.
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length];
}

/**
 * The known name that was probably meant.
 * @param {string} name
 * @param {string[]} known
 * @returns {string | undefined}
 */
function nearest(name, known) {
  return known
    .map((other) => ({ other, far: distance(name.toUpperCase(), other) }))
    .filter(({ far }) => far <= 2)
    .sort((a, b) => a.far - b.far)
    .map(({ other }) => other)[0];
}

/**
 * The names that the Compose files read: those in ${...}, and bare names in an environment.
 * @param {string} root
 */
function namesRead(root) {
  const names = (composeText(root).match(/\$\{\w+/g) || []).map((found) => found.slice(2));
  /** The indentation of the environment that the current line is in. */
  let indent = Infinity;
  for (const line of composeText(root).split(/\r?\n/)) {
    const depth = line.search(/\S/);
    const [, name] = /^\s*(?:- )?["']?(\w+)["']?:?\s*(?:#.*)?$/.exec(line) || [];
    if (name === 'environment') indent = depth;
    else if (depth > indent && name !== undefined) names.push(name);
    else if (depth >= 0 && depth <= indent) indent = Infinity;
  }
  return names;
}

/**
 * Checks .env: its form, and that something reads each name in it. The values may be secrets and are never printed.
 * @param {string} root
 */
function checkEnv(root) {
  const { there, entries, bad } = readEnv(root);
  if (!there) return [ok('.env: none, so all defaults apply')];

  const known = [...namesRead(root), ...fixedInContainer];
  const findings = bad.map((line) =>
    wrong(
      `.env line ${line} is not NAME=value`,
      'Fix it, or put a # before it. A value that opens a quote must close it.',
    ),
  );
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (const { name, line } of entries) {
    const before = seen.get(name);
    seen.set(name, line);
    if (before !== undefined)
      findings.push(note(`.env line ${line} sets ${name} again, after line ${before}: the later line counts`));
    if (known.includes(name) || /^(COMPOSE|DOCKER|BUILDKIT)_/.test(name)) continue;
    const meant = nearest(name, known);
    findings.push(
      wrong(
        `.env line ${line} sets ${name}, which nothing reads`,
        meant === undefined
          ? '.env.example lists the names that are read. To add your own, list it in docker-compose.prod.yml.'
          : `Did you mean ${meant}?`,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('.env: each line is read')];
}

/**
 * Checks the values of the server's settings, in .env and the environment, by the server's own rules.
 * @param {string} root
 */
function checkSettings(root) {
  let server;
  try {
    server = require(path.join(root, 'node_modules', 'quayside', 'dist', 'settings', 'config.js'));
  } catch {
    return [note('settings: not checked, because the dependencies are not installed', 'Run npm ci.')];
  }
  const entries = readEnv(root).entries.map(({ name, value }) => [name, value]);
  try {
    server.loadConfig({ ...Object.fromEntries(entries), ...process.env });
  } catch (error) {
    const { problems } = /** @type {{ problems?: string[] }} */ (error);
    if (!Array.isArray(problems)) throw error;
    return problems.map((problem) => wrong(`setting ${problem}`, 'Correct it in .env or in the shell.'));
  }
  return [ok('settings: the server accepts each value')];
}

module.exports = { checkEnv, checkSettings, composeText, expand, nearest, setting };
