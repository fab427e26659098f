// The package as npm packs it, installed where there is nothing else.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { fetch } from '../../harness/fetch';
import { quayside, root } from '../../harness/paths';
import { freePorts } from '../../harness/ports';
import { endAll, run } from '../../harness/run';

/** Packages come from the registry, or from npm's cache. */
const INSTALL_MS = 300_000;

const dir = mkdtempSync(join(tmpdir(), 'quayside-tarball-'));
const npm = (...args: string[]) =>
  execFileSync('npm', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const install = (...args: string[]) => npm('install', '--prefer-offline', '--no-audit', '--no-fund', ...args);
const { devDependencies, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>;
/** A package in the version that this repository has. */
const named = (name: string) => `${name}@${dependencies?.[name] ?? devDependencies?.[name] ?? ''}`;

const js = `
const app = require('express')();
exports.createApp = () => app.get('/', (req, res) => res.send('hello'));
`;
const ts = `
import express from 'express';
import type { CreateApp } from 'quayside';

export const createApp: CreateApp = () => express().get('/', (_req, res) => res.send('hello') as unknown);
`;

/** Beside the types of another that gives requests a log, and in the strictest reading of all types. */
const logging = `
import express from 'express';
import { pinoHttp } from 'pino-http';
import { log, type CreateApp, type Logger } from 'quayside';

export const createApp: CreateApp = () => {
  const own: Logger = log.child({ module: 'app' });
  own.info({ a: 1 }, 'made');
  return express()
    .use(pinoHttp({ logger: log }))
    .get('/', (req, res) => {
      const { log: ofRequest }: { log: Logger } = req;
      ofRequest.info('asked');
      res.send('hello');
    });
};
`;

let files: string[];
let env: NodeJS.ProcessEnv;
let port: number;

beforeAll(() => {
  const packed = npm('pack', '--json', '--ignore-scripts', '--pack-destination', dir, quayside);
  const [{ filename, files: all }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  files = all.map(({ path }) => path);
  writeFileSync(join(dir, 'package.json'), '{}');
  install(join(dir, filename), named('express'));
}, INSTALL_MS);
beforeEach(async () => {
  const [one, statsPort] = (await freePorts(2)) as [number, number];
  port = one;
  env = {
    HOME: process.env.HOME,
    PORT: String(port),
    STATS_PORT: String(statsPort),
    INSPECT_PORT: 'off',
    WORKERS: '1',
  };
});
afterEach(() => endAll());
afterAll(() => {
  rmSync(dir, { recursive: true });
});

test('it has what it runs with, its documents and its licence, and neither tests nor sources', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      ...['LICENSE', 'README.md', 'CHANGELOG.md', 'docs/stats.md', 'package.json', 'bin/quayside.js'],
      ...['dist/index.d.ts', 'dist/cli/main.js', 'dist/worker/main.js', 'dist/development/worker.js'],
      ...['src/stats/page/page.html', 'src/stats/page/page.css', 'src/stats/page/page.js'],
    ]),
  );
  expect(files.filter((path) => /^(?:test|bench|harness)\/|(?<!\.d)\.ts$|^tsconfig/.test(path))).toEqual([]);
});

test('with Express alone, it serves a file', async () => {
  writeFileSync(join(dir, 'app.js'), js);
  await run('npx', { args: ['quayside', 'serve', 'app.js'], cwd: dir, env }).line(/"ready"/);
  expect((await fetch(port)).body).toBe('hello');
});

test(
  'with nodemon, ts-node and TypeScript, it serves TypeScript and an edit of it, and checks the types',
  async () => {
    install(...['nodemon', 'ts-node', 'typescript', '@types/express', '@types/node'].map(named));
    mkdirSync(join(dir, 'app'));
    const options = { module: 'node16', target: 'es2022', esModuleInterop: true, strict: true, rootDir: 'app' };
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['app'] }));
    writeFileSync(join(dir, 'app/main.ts'), ts);
    const server = run('npx', { args: ['quayside', 'dev', 'app/main.ts'], cwd: dir, env });
    await server.line(/serving/);
    expect((await fetch(port)).body).toBe('hello');
    writeFileSync(join(dir, 'app/main.ts'), ts.replace('hello', 'edited'));
    await eventually(async () => (await fetch(port)).body === 'edited' || undefined);
    appendFileSync(join(dir, 'app/main.ts'), "export const wrong: CreateApp = 'no function';\n");
    await server.line(/types: 1 wrong[^]*TS2322/);
  },
  INSTALL_MS,
);

test(
  'the log of a request has its type, also beside that of pino-http',
  () => {
    install(...['typescript', '@types/express', '@types/node'].map(named), 'pino-http@11');
    mkdirSync(join(dir, 'logging'));
    const options = { module: 'node16', target: 'es2022', strict: true, noEmit: true, esModuleInterop: true };
    writeFileSync(join(dir, 'logging/tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['.'] }));
    const errorsOf = (source: string) => {
      writeFileSync(join(dir, 'logging/main.ts'), source);
      return spawnSync('npx', ['tsc', '--project', 'logging'], { cwd: dir, encoding: 'utf8' }).stdout;
    };
    expect(errorsOf(logging)).toBe('');
    expect(errorsOf(logging.replace('ofRequest.info', 'ofRequest.shout'))).toMatch(/^logging\/main\.ts.*shout/);
    const alone = logging.replace(/^.*pinoHttp.*\n/gm, '');
    expect(errorsOf(alone)).toBe('');
    expect(errorsOf(alone.replace('ofRequest.info', 'ofRequest.shout'))).toMatch(/^logging\/main\.ts.*shout/);
  },
  INSTALL_MS,
);
