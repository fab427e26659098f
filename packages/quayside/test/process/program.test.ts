// The words of the program, and the files that it takes.
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { fetch, fetchStats } from '../../harness/fetch';
import { program, quayside, root } from '../../harness/paths';
import { service } from '../../harness/project';
import { run } from '../../harness/run';
import { port, ports, project, statsPort, useServer } from '../../harness/server';

useServer();

const call = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run(program, { args, cwd: project.dir, env: { ...ports, WORKERS: '1', INSPECT_PORT: 'off', ...env } });

/** What the program says and ends with. */
async function resultOf(...args: string[]) {
  const { exited, closed, output } = call(args);
  const { code } = await exited;
  await closed;
  return { code, output: output() };
}

const expected = 'expected serve FILE, dev FILE, run FILE, healthcheck, --help or --version\n';

test.each([
  [[], `quayside: no command given: ${expected}`],
  [['server', 'app.js'], `quayside: "server app.js": ${expected}`],
  [['--verbose'], `quayside: "--verbose": ${expected}`],
  [['healthcheck', 'now'], `quayside: "healthcheck now": ${expected}`],
  [['serve', ''], 'quayside: serve: expected one FILE: quayside serve FILE\n'],
  [['serve'], 'quayside: serve: expected one FILE: quayside serve FILE\n'],
  [['serve', '--help'], 'quayside: serve --help: expected a FILE; settings are environment variables\n'],
  [['dev', 'a.js', 'b.js'], 'quayside: dev: expected one FILE: quayside dev FILE\n'],
])('%j is used in a wrong way: the right one, and exit code 64', async (args, output) => {
  expect(await resultOf(...args)).toEqual({ code: 64, output });
});

test('--version is that of the package, and --help names each word', async () => {
  const { version } = JSON.parse(readFileSync(join(quayside, 'package.json'), 'utf8')) as { version: string };
  expect(await resultOf('--version')).toEqual({ code: 0, output: `${version}\n` });
  const { code, output } = await resultOf('--help');
  expect(code).toBe(0);
  for (const word of ['serve FILE', 'dev FILE', 'run FILE', 'healthcheck', '--help', '--version'])
    expect(output).toContain(word);
});

test.each([
  ['serve', 'build/none.js', "quayside: build/none.js is missing: run 'npm run build' first\n"],
  ['serve', 'none.js', 'quayside: none.js is missing\n'],
  ['serve', 'dist', 'quayside: dist is not a file\n'],
  ['serve', 'package.json/app.js', 'quayside: package.json/app.js cannot be read: ENOTDIR\n'],
  ['dev', 'app/none.ts', 'quayside: app/none.ts is missing\n'],
])('%s %s: a file that is missing is named, and the exit code is 1', async (word, file, output) => {
  expect(await resultOf(word, file)).toEqual({ code: 1, output });
});

test('what the environment does not have is taken from .env, by each command', async () => {
  const { PORT, STATS_PORT } = ports;
  // As Windows' editor saves it.
  writeFileSync(join(project.dir, '.env'), `\uFEFFPORT=${PORT}\nSTATS_PORT=1\nGREETING="from .env" # ours\nWORKERS=\n`);
  const env = { STATS_PORT, WORKERS: '1' };
  project.replaceService(service("app.get('/', (_req, res) => { res.send(process.env.GREETING); });"));
  const server = run(program, { args: ['serve', 'dist/identidock.js'], cwd: project.dir, env });
  const [line] = await server.line(/^.*"ready".*$/);
  const localhost = 'http://localhost:';
  expect(JSON.parse(line)).toMatchObject({ url: localhost + PORT, statsUrl: localhost + STATS_PORT, workers: 1 });
  expect((await fetch(port, '/')).body).toBe('from .env');
  expect(await run(program, { args: ['healthcheck'], cwd: project.dir }).exited).toMatchObject({ code: 0 });
});

test.each(['serve', 'dev'])('%s: a .env that cannot be read is said, and the exit code is 78', async (word) => {
  mkdirSync(join(project.dir, '.env'));
  const output = 'quayside: .env cannot be read: EISDIR\n';
  expect(await resultOf(word, 'dist/identidock.js')).toEqual({ code: 78, output });
});

const app = "const app = require('express')(); app.get('/', (_req, res) => { res.send('hello'); });";
const esm =
  "import express from 'express'; const app = express(); app.get('/', (_req, res) => { res.send('hello'); });";

test.each([
  ['serve', 'a name.js', `${app} module.exports = { createApp: () => app };`],
  ['serve', '100%#?.cjs', `${app} const name = 'createApp'; exports[name] = async () => app;`],
  ['serve', 'app.mjs', `${esm} await 0; export const createApp = () => app;`],
  ['serve', 'main.mjs', `${esm} export default { createApp: () => app };`],
  ['dev', 'app.js', `${app} exports.createApp = () => app;`],
])('%s %s', async (word, file, source) => {
  writeFileSync(join(project.dir, file), source);
  await call([word, file]).line(word === 'serve' ? /"ready"/ : /serving/);
  expect((await fetch(port)).body).toBe('hello');
});

test.each([
  ['exports.create = () => undefined;', 'does not export createApp: expected a function that returns an Express app'],
  ['exports.createApp = {};', 'does not export createApp: expected a function that returns an Express app'],
  ['exports.createApp = () => undefined;', 'returns undefined from createApp: expected an Express app'],
  [
    "exports.createApp = () => require('express').Router();",
    'returns function from createApp: expected an Express app; express().use(handler) makes one of any handler',
  ],
  [
    "exports.createApp = () => require('express4')();",
    'returns an Express 4 app from createApp: expected Express 5; install express@5, or mount it: express().use(app)',
  ],
  ['exports.createApp = async () => 42;', 'returns number from createApp: expected an Express app'],
])('a file that makes no Express app is named: %s', async (source, problem) => {
  writeFileSync(join(project.dir, 'app.js'), source);
  const { code, output } = await resultOf('serve', 'app.js');
  expect(code).toBe(1);
  expect(output).toContain(`app.js ${problem}\n`);
});

test('the stats name the service by the nearest package.json that has a name', async () => {
  mkdirSync(join(project.dir, 'dist/inner'));
  writeFileSync(join(project.dir, 'dist/inner/package.json'), '{"type":"commonjs"}');
  writeFileSync(join(project.dir, 'dist/inner/app.js'), `${app} exports.createApp = () => app;`);
  await call(['serve', 'dist/inner/app.js']).line(/"ready"/);
  expect((await fetchStats(statsPort, '/metrics')).body).toContain('{name="identidock",version="1.2.3"');
});

test.each([
  ['serve', 'production'],
  ['dev', 'development'],
])('%s sets NODE_ENV to %s, whatever it was', async (word, mode) => {
  writeFileSync(
    join(project.dir, 'app.js'),
    `${app} exports.createApp = () => { console.log(process.env.NODE_ENV); return app; };`,
  );
  await call([word, 'app.js'], { NODE_ENV: 'test' }).line(new RegExp(`^${mode}$`));
});

test('what the development server takes from the project is named where it is missing, with the command', async () => {
  const bare = mkdtempSync(join(tmpdir(), 'quayside-'));
  mkdirSync(join(bare, 'node_modules'));
  symlinkSync(join(root, 'node_modules/nodemon'), join(bare, 'node_modules/nodemon'));
  writeFileSync(join(bare, 'app.ts'), '');
  const server = run(program, { args: ['dev', 'app.ts'], cwd: bare, env: ports });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  await server.line(/run 'npm install --save-dev ts-node typescript@6'/);
  rmSync(bare, { recursive: true });
});

test.each([
  ['DEV', 0],
  ['PROD', 78],
  ['staging', 78],
])('healthcheck reads the settings of the server that ENV=%s starts', async (ENV, code) => {
  const server = createServer((_req, res) => res.end())
    .listen(port, '127.0.0.1')
    .unref();
  await once(server, 'listening');
  // One port for both is wrong in production alone: development has no stats.
  expect(await call(['healthcheck'], { ENV, STATS_PORT: String(port) }).exited).toEqual({ code, signal: null });
  server.close();
});

test('a nodemon.json that cannot be read is named, before anything listens', async () => {
  writeFileSync(join(project.dir, 'nodemon.json'), '{ "watch": [');
  const { code, output } = await resultOf('dev', 'app/identidock.ts');
  expect(code).toBe(1);
  expect(output).toBe('The server could not start: nodemon.json: expected a JSON object\n');
});

test('started from another folder, dev takes the tsconfig.json of the file, and sees its edits', async () => {
  const file = join(project.dir, 'app/identidock.ts');
  const env = { ...ports, INSPECT_PORT: 'off' };
  await run(program, { args: ['dev', file], cwd: tmpdir(), env }).line(/serving/);
  expect((await fetch(port)).body).toBe('Hello Docker!\n');
  writeFileSync(file, readFileSync(file, 'utf8').replace('Docker', 'again'));
  await eventually(async () => (await fetch(port)).body === 'Hello again!\n' || undefined);
});

test('beside node_modules, dev does not watch these', async () => {
  mkdirSync(join(project.dir, 'app/node_modules/one'), { recursive: true });
  const server = run(program, {
    args: ['dev', 'app/identidock.ts'],
    cwd: project.dir,
    env: { ...ports, INSPECT_PORT: 'off' },
  });
  await server.line(/serving/);
  const fds = `/proc/${String(server.pid)}/fdinfo`;
  // Others come and go while they are read.
  const watched = await eventually(() =>
    readdirSync(fds).flatMap((fd) => readFileSync(join(fds, fd), 'utf8').match(/ino:[0-9a-f]+/g) ?? []),
  );
  const inode = (path: string) => `ino:${statSync(join(project.dir, path)).ino.toString(16)}`;
  expect(watched).toContain(inode('app'));
  expect(watched).not.toContain(inode('app/node_modules/one'));
});

describe('a signal that comes before anything but signals.ts is loaded', () => {
  /** Has the primary send itself a signal as soon as the program's entry has run. */
  const early = (signal: string) => {
    const file = join(project.dir, 'early.js');
    const send = `process.nextTick(() => process.kill(process.pid, '${signal}'))`;
    writeFileSync(file, `if (process.env.WORKER_SLOT === undefined) ${send};`);
    return { NODE_OPTIONS: `--require ${file}` };
  };

  test.each(['SIGINT', 'SIGTERM'])('%s: serve ends with exit code 0', async (signal) => {
    const server = call(['serve', 'dist/identidock.js'], early(signal));
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('SIGHUP: serve goes on', async () => {
    await call(['serve', 'dist/identidock.js'], early('SIGHUP')).line(/"ready"/);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s: dev ends with exit code 0', async (signal) => {
    const server = call(['dev', 'app/identidock.ts'], early(signal));
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
