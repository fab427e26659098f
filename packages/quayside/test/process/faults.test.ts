// Bad days that no other file has: processes that are stopped, a clock that is set, a service that runs out of memory.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { get, logOf, metrics, project, serve, stats, useServer, workers } from '../../harness/server';

useServer();

const routes = `
  app.get('/', (_req, res) => { res.send(String(process.pid)); });
  app.get('/after', (req, res) => { setTimeout(() => res.send('later'), Number(req.query.ms)); });
  app.get('/throw', (_req, res) => { res.send('ok'); setImmediate(() => { throw new Error('thrown'); }); });
  app.get('/eat', () => { const kept = []; for (;;) kept.push(new Array(1e5).fill({})); });`;

const pids = async () => (await workers()).map(({ pid }) => pid);

/** Has a process without its worker's place serve there. */
const replaced = (pid: number) =>
  eventually(async () => {
    const now = await workers();
    return (now.every((worker) => worker.pid !== pid && worker.accepting === 1) && now) || undefined;
  });

test('a worker that is stopped (SIGSTOP) is killed and replaced after HARAKIRI; the other serves meanwhile', async () => {
  const server = await serve({ HARAKIRI: '1' }, routes);
  const [stopped = 0, other] = await pids();
  process.kill(stopped, 'SIGSTOP');
  for (let count = 0; count < 20; count += 1) expect((await get()).body).toBe(String(other));
  expect(await replaced(stopped)).toMatchObject([{ harakiri_count: 1 }, { pid: other, harakiri_count: 0 }]);
  await server.line(/"worker":1,"pid":\d+,"code":null,"signal":"SIGKILL","msg":"worker died"/);
});

test('while the primary is stopped, the workers serve; when it goes on, it kills none of them', async () => {
  const server = await serve({ HARAKIRI: '1' }, routes);
  const before = await pids();
  server.kill('SIGSTOP');
  // Longer than HARAKIRI.
  expect((await get('/after?ms=3000')).body).toBe('later');
  server.kill('SIGCONT');
  await eventually(async () => (await workers()).every(({ requests }) => requests >= 0) || undefined);
  // Longer again: now beats are counted.
  await get('/after?ms=2000');
  expect(await pids()).toEqual(before);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

/** Has the clock of the primary go by an hour, forward or back, at SIGUSR2: where a test may not set the machine's. */
function setClock(by: '+' | '-'): NodeJS.ProcessEnv {
  const path = join(project.dir, 'clock.cjs');
  writeFileSync(
    path,
    `if (process.argv[2] === 'serve') {
       const now = Date.now;
       process.on('SIGUSR2', () => { Date.now = () => now() ${by} 3_600_000; console.log('clock set'); });
     }`,
  );
  return { NODE_OPTIONS: `--require=${path}` };
}

test.each(['+', '-'] as const)(
  'the clock goes by %s1 h: workers are kept, renewed, replaced and ended as ever',
  async (by) => {
    const server = await serve({ ...setClock(by), HARAKIRI: '1', GRACE: '60' }, routes);
    const before = await pids();
    server.kill('SIGUSR2');
    await server.line(/^clock set$/);
    // Longer than HARAKIRI.
    await get('/after?ms=2000');
    expect(await pids()).toEqual(before);
    // One that fails is renewed, though it is an hour old, or not yet born.
    const failed = Number((await get()).body);
    await eventually(async () => {
      if ((await get('/throw')).status !== 200) return undefined;
      return (await pids()).includes(failed) ? undefined : true;
    });
    const [killed = 0] = await pids();
    process.kill(killed, 'SIGKILL');
    await replaced(killed);
    expect((await metrics('uwsgi_worker_app_startup_time_seconds')).every((s) => s > 0 && s < 120)).toBe(true);
    const cut = get('/after?ms=100000').catch(() => 'cut');
    await eventually(async () => (await workers()).some(({ cores }) => cores[0]?.in_request === 1) || undefined);
    server.kill('SIGTERM');
    await server.line(/"stopping"/);
    // The first is not the second; another one is, when the time for that has passed.
    await eventually(() => {
      server.kill('SIGTERM');
      return server.output().includes('stopping at once') || undefined;
    });
    expect(await cut).toBe('cut');
    expect(await server.exited).toEqual({ code: 1, signal: null });
  },
);

test('a slot whose worker cannot start is tried again, though the clock was set back', async () => {
  const server = await serve(
    { ...setClock('-'), WORKERS: '2' },
    `const fs = require('node:fs');
     if (fs.existsSync('broken')) throw new Error('broken');
     app.get('/', (_req, res) => { res.send('ok'); });`,
  );
  writeFileSync(join(project.dir, 'broken'), '');
  const [killed = 0] = await pids();
  process.kill(killed, 'SIGKILL');
  await server.line(/broken/);
  server.kill('SIGUSR2');
  await server.line(/^clock set$/);
  execFileSync('rm', [join(project.dir, 'broken')]);
  await replaced(killed);
});

test('a worker without heap left is replaced, and its last words are in the log', async () => {
  const server = await serve({ NODE_OPTIONS: '--max-old-space-size=64' }, routes);
  const before = await pids();
  await expect(get('/eat')).rejects.toThrow('socket hang up');
  await server.line(/heap out of memory/);
  await server.line(/"worker died"/);
  await eventually(async () => (await workers()).every(({ accepting }) => accepting === 1) || undefined);
  expect((await pids()).filter((pid) => before.includes(pid))).toHaveLength(1);
});

test('without its guardian, the server goes on and stops', async () => {
  const server = await serve({}, routes);
  const { pid } = await stats();
  const children = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(pid)], { encoding: 'utf8' });
  const guardian = Number(/^ *(\d+) sh$/m.exec(children)?.[1]);
  process.kill(guardian, 'SIGKILL');
  const [killed = 0] = await pids();
  process.kill(killed, 'SIGKILL');
  await replaced(killed);
  expect(await get()).toMatchObject({ status: 200 });
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(logOf(server).filter(({ level }) => level === 'fatal')).toEqual([]);
});
