import { closeSync, copyFileSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { fetch } from '../../harness/fetch';
import { program } from '../../harness/paths';
import { run } from '../../harness/run';
import {
  gated,
  get,
  isDeserted,
  logOf,
  openGate,
  port,
  ports,
  project,
  serve,
  slow,
  start,
  stats,
  useServer,
  workers,
} from '../../harness/server';

useServer();

test('workers end when the primary is killed', async () => {
  const server = await serve();
  server.kill('SIGKILL');
  await isDeserted();
});

test('a worker that is killed is replaced in its slot, and its requests stay counted', async () => {
  const server = await serve({ WORKERS: '1' });
  await fetch(port);
  const before = await eventually(async () => (await stats()).workers.find(({ requests }) => requests === 1));
  process.kill(before.pid, 'SIGKILL');
  await server.line(/"worker":1,"pid":\d+,"code":null,"signal":"SIGKILL","msg":"worker died"/);
  const after = await eventually(async () =>
    (await stats()).workers.find(({ pid, respawn_count }) => pid !== 0 && respawn_count === 2),
  );
  expect(after).toMatchObject({ id: 1, requests: 1 });
  expect(after.pid).not.toBe(before.pid);
  await server.line(/"worker up"/);
  expect(await fetch(port)).toMatchObject({ status: 200 });
});

test('a worker that ends by itself takes no count with it', async () => {
  const server = await serve({ WORKERS: '1' }, `app.get('/exit', () => process.exit(3));`);
  await fetch(port);
  await expect(fetch(port, '/exit')).rejects.toThrow('socket hang up');
  await server.line(/"code":3,.*"worker died"/);
  expect((await stats()).workers).toMatchObject([{ requests: 1 }]);
});

test('a worker that keeps dying at start is tried again and again, later each time, while the other serves', async () => {
  project.replaceService(gated);
  const server = start();
  // One has died before the other is up.
  await server.line(/"worker died"/);
  openGate();
  await server.line(/("worker died"[^]*){4}/);
  expect((await get()).body).toBe('ok');
  const died = logOf(server).filter(({ msg }) => msg === 'worker died');
  // The first have died before any worker was up: the reason is not yet said.
  expect(died.slice(0, 4)).toMatchObject([1, 2, 3, 4].map(() => ({ worker: 2, code: 1 })));
  expect(died.at(-1)?.reason).toMatch(/^Error: no luck\n.*identidock\.ts:6/);
});

test('where no worker comes up within START_TIMEOUT, the primary ends with an error', async () => {
  project.replaceService(`export const createApp = () => new Promise(() => undefined);`);
  const server = start({ START_TIMEOUT: '1' });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  await server.closed;
  expect(server.output()).toMatch(/^The server could not start: it did not listen within START_TIMEOUT=1 s$/m);
});

test('what is thrown and is no error, nor can be read, replaces the worker just so, but none that is new', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (_req, res) => { res.send('ok'); setImmediate(() => { throw Object.create(null); }); });`,
  );
  expect((await get()).body).toBe('ok');
  await server.line(/something was thrown that cannot be read.*"uncaught exception"/);
  await server.line(/"reason":"uncaught exception","msg":"worker drains"/);
  expect(server.output()).not.toContain('worker died');
  const [ready = 0, drains = 0] = ['ready', 'worker drains'].map((msg) =>
    Date.parse(String(logOf(server).find((line) => line.msg === msg)?.time)),
  );
  expect(drains - ready).toBeGreaterThan(1000);
});

test.each([
  ['an exception', `setImmediate(() => { throw new Error('out of nowhere'); });`],
  ['a rejection', `void Promise.reject(new Error('out of nowhere'));`],
])('%s that nobody handles replaces the worker, and what is in flight is answered', async (_, statement) => {
  const server = await serve(
    { WORKERS: '1' },
    `${slow}\napp.get('/', (_req, res) => { res.send('ok'); ${statement} });`,
  );
  const [before] = await workers();
  const answer = get('/slow');
  await server.line(/slow is in flight/);
  expect((await get()).body).toBe('ok');
  expect((await answer).body).toBe('done');
  await server.line(/"level":"fatal".*out of nowhere.*identidock\.ts:\d+.*"uncaught exception"/);
  await server.line(/"worker up"[^]*"reason":"uncaught exception","msg":"worker drains"/);
  await eventually(async () => (await workers()).every(({ pid }) => pid !== before?.pid) || undefined);
  expect(server.output()).not.toContain('worker died');
});

test('where Node cannot be started, as while it is replaced, the workers there are serve on', async () => {
  const node = join(project.dir, 'node');
  copyFileSync(process.execPath, node);
  const server = run(node, {
    args: [program, 'serve', 'dist/identidock.js'],
    cwd: project.dir,
    env: { ...ports, WORKERS: '1' },
  });
  await server.line(/"ready"/);
  const [before] = await workers();
  rmSync(node);
  const written = openSync(node, 'w', 0o755);
  server.kill('SIGHUP');
  await server.line(/ETXTBSY","msg":"the new worker did not come up: no more workers are replaced"/);
  expect((await get()).status).toBe(200);
  expect((await workers())[0]?.pid).toBe(before?.pid);

  closeSync(written);
  copyFileSync(process.execPath, node);
  server.kill('SIGHUP');
  await server.line(/"worker up"[^]*"worker drains"[^]*"reload ended"/);
  expect((await workers())[0]?.pid).not.toBe(before?.pid);
});
