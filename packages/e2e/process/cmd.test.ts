// cmd.sh: which server it starts, and what it says where it cannot.
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch, fetchStats } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { copyTemplate, removeTemplate } from '../harness/template';

let dir: string;

beforeEach(() => {
  dir = copyTemplate();
});
afterEach(async () => {
  await endAll();
  removeTemplate(dir);
});

const cmd = (env: NodeJS.ProcessEnv = {}) => run('./cmd.sh', { cwd: dir, env });

/** Settings by which the servers of a test meet no other's. */
async function choosePorts(): Promise<{ PORT: string; STATS_PORT: string; INSPECT_PORT: string }> {
  const [port, statsPort] = (await freePorts(2)) as [number, number];
  return { PORT: String(port), STATS_PORT: String(statsPort), INSPECT_PORT: 'off' };
}

test.each([undefined, '', 'PROD'])('ENV=%j is production, by a primary in the place of the script', async (ENV) => {
  const ports = await choosePorts();
  const server = cmd({ ENV, WORKERS: '1', ...ports });
  await server.line(/"ready"/);
  expect(server.output()).toMatch(/^Running Production Server\n/);
  expect(await fetch(Number(ports.PORT))).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
  const { pid } = JSON.parse((await fetchStats(Number(ports.STATS_PORT))).body) as { pid: number };
  expect(pid).toBe(server.pid);
});

test('ENV=DEV is development', async () => {
  const ports = await choosePorts();
  const server = cmd({ ENV: 'DEV', ...ports });
  await server.line(/serving/);
  expect(server.output()).toMatch(/^Running Development Server\n/);
  expect(await fetch(Number(ports.PORT))).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
});

test.each(['prod', 'DEVELOPMENT', 'dev', ' '])('ENV=%j is an error that names it and the two it takes', async (ENV) => {
  const { exited, closed, output } = cmd({ ENV });
  expect(await exited).toEqual({ code: 78, signal: null });
  await closed;
  expect(output()).toBe(`cmd.sh: ENV="${ENV}": expected DEV or PROD (unset or empty is PROD)\n`);
});

test.each(['DEV', 'PROD'])('ENV=%s: wrong settings end it before anything listens, with every problem', async (ENV) => {
  const { exited, closed, output } = cmd({ ENV, PORT: '80a', WORKERS: '0', LOG_LEVEL: 'loud' });
  expect(await exited).toEqual({ code: 78, signal: null });
  await closed;
  expect(output()).toContain(
    [
      'The settings are wrong; nothing was started.',
      '  PORT="80a": expected a port from 1 to 65535',
      '  WORKERS="0": expected a whole number from 1 to 1024',
      '  LOG_LEVEL="loud": expected one of trace, debug, info, warn, error, fatal, silent\n',
    ].join('\n'),
  );
  expect(output()).not.toContain('ready');
});

test('finds its folder through a link, and whatever CDPATH says', async () => {
  symlinkSync(join(dir, 'cmd.sh'), join(dir, 'app', 'link.sh'));
  const { exited, line } = run('app/link.sh', { cwd: dir, env: { CDPATH: '/', PORT: 'x' } });
  expect(await exited).toEqual({ code: 78, signal: null });
  await line(/PORT="x"/);
});

test.each([
  ['node_modules', "cmd.sh: the dependencies are missing: run 'npm ci' first\n"],
  ['dist', "quayside: dist/identidock.js is missing: run 'npm run build' first\n"],
])('without %s it says what to run', async (missing, message) => {
  const away = mkdtempSync(join(tmpdir(), 'identidock-away-'));
  renameSync(join(dir, missing), join(away, missing));
  const { exited, closed, output } = cmd();
  expect(await exited).toEqual({ code: 1, signal: null });
  await closed;
  expect(output()).toContain(message);
  rmSync(away, { recursive: true });
});
