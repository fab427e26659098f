// The command line: parses the command and runs it.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { settleColour } from '../process/colour';
import { loadEnvFile } from '../settings/env-file';

/** EX_USAGE of sysexits.h: the command was used incorrectly. */
const EX_USAGE = 64;

const usage = `Usage:
  quayside serve FILE     run the production server: FILE is JavaScript that exports createApp()
  quayside dev FILE       run the development server: FILE may be TypeScript
  quayside run FILE       run a job once: FILE is JavaScript that exports run()
  quayside healthcheck    exit with 0 if the server of this environment is ready, otherwise 1
  quayside --help         print this
  quayside --version      print the version

Settings are environment variables: NAME is the value, or NAME_FILE the path of a file that holds it. Variables may also
be in .env.`;

const words = 'serve FILE, dev FILE, run FILE, healthcheck, --help or --version';

/** Exits the process with a code and a message. */
function fail(code: number, message: string): never {
  process.stderr.write(`quayside: ${message}\n`);
  process.exit(code);
}

/** @returns the absolute path of a command's FILE; exits the process if there is none */
function fileOf(word: string, [file, ...more]: string[]): string {
  if (file === undefined || file === '' || more.length > 0)
    fail(EX_USAGE, `${word}: expected one FILE: quayside ${word} FILE`);
  if (file.startsWith('-')) fail(EX_USAGE, `${word} ${file}: expected a FILE; settings are environment variables`);
  const path = resolve(file);
  try {
    if (statSync(path).isFile()) return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') fail(1, `${file} cannot be read: ${String(code)}`);
  }
  if (existsSync(path)) fail(1, `${file} is not a file`);
  fail(1, `${file} is missing${existsSync(dirname(path)) ? '' : ": run 'npm run build' first"}`);
}

/** Reads the variables of .env; exits the process if the file cannot be read. */
async function readEnvFile(): Promise<void> {
  try {
    loadEnvFile();
  } catch (error) {
    const { EX_CONFIG } = await import('../settings/config.js');
    fail(EX_CONFIG, `.env cannot be read: ${String((error as NodeJS.ErrnoException).code)}`);
  }
}

async function main([word = '', ...rest]: string[]): Promise<void> {
  if (['serve', 'dev', 'run', 'healthcheck'].includes(word)) await readEnvFile();
  if (word === 'serve') {
    const file = fileOf(word, rest);
    process.env.NODE_ENV = 'production';
    await (await import('./serve.js')).serve(file);
  } else if (word === 'dev') {
    const file = fileOf(word, rest);
    process.env.NODE_ENV = 'development';
    // Before Node reads the variables.
    settleColour();
    (await import('./dev.js')).dev(file);
  } else if (word === 'run') {
    const file = fileOf(word, rest);
    process.env.NODE_ENV = 'production';
    await (await import('./run.js')).run(file);
  } else if (rest.length > 0 || !['healthcheck', '--help', '--version'].includes(word)) {
    const given = [word, ...rest].join(' ');
    fail(EX_USAGE, `${given === '' ? 'no command given' : `"${given}"`}: expected ${words}`);
  } else if (word === 'healthcheck') {
    (await import('./healthcheck.js')).healthcheck();
  } else if (word === '--version') {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string };
    console.log(version);
  } else {
    console.log(usage);
  }
}

void main(process.argv.slice(2));
