import { Agent } from 'node:http';
import { eventually } from '../../harness/eventually';
import type { Answer } from '../../harness/fetch';
import { service } from '../../harness/project';
import type { Running } from '../../harness/run';
import { closeGate, gated, get, logOf, openGate, project, serve, slow, useServer, workers } from '../../harness/server';

useServer();

/** A service that answers with its version, and says in which slot it starts. */
const version = (name: string) =>
  service(`
    console.log('${name} starts in slot', process.env.WORKER_SLOT);
    app.get('/', (_req, res) => { res.send('${name}'); });`);

/** What happened to the workers since the reload, as ['up 1', 'drains 1']. */
const steps = (server: Running) =>
  logOf(server)
    .filter(({ msg }) => msg === 'worker up' || msg === 'worker drains')
    .map(({ msg, worker }) => `${String(msg).replace('worker ', '')} ${String(worker)}`);

test('SIGHUP replaces one worker after the other, each before its predecessor drains', async () => {
  project.replaceService(version('old'));
  const server = await serve();
  const before = await workers();
  project.replaceService(version('new'));
  server.kill('SIGHUP');
  await server.line(/"reload ended"/);
  expect(steps(server)).toEqual(['up 1', 'drains 1', 'up 2', 'drains 2']);
  const after = await workers();
  expect(after.map(({ id, respawn_count }) => [id, respawn_count])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(before.map(({ pid }) => pid)).not.toEqual(expect.arrayContaining([after[0]?.pid, after[1]?.pid]));
  expect((await get()).body).toBe('new');
});

test('no request fails, and each is counted once', async () => {
  const server = await serve();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let reloaded = false;
  const done = server.line(/"reload ended"/).then(() => (reloaded = true));
  let answered = 0;
  const client = async () => {
    while (!reloaded) {
      expect(await get('/', { agent })).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
      expect(await get()).toMatchObject({ status: 200 });
      answered += 2;
    }
  };
  const clients = Array.from({ length: 8 }, client);
  server.kill('SIGHUP');
  await Promise.all([...clients, done]);
  agent.destroy();
  await eventually(async () => {
    const counted = (await workers()).reduce((sum, { requests }) => sum + requests, 0);
    expect(counted).toBe(answered);
    return true;
  });
});

test('a request in flight is answered by the worker that has it', async () => {
  const server = await serve({ WORKERS: '1' }, slow);
  const answer = get('/slow');
  await server.line(/slow is in flight/);
  // As a terminal that is closed does it: to every process of the group.
  server.killGroup('SIGHUP');
  expect(await answer).toMatchObject({ body: 'done', headers: { connection: 'close' } });
  await server.line(/"reload ended"/);
});

test('a worker that is still busy after RELOAD_MERCY seconds is ended', async () => {
  const server = await serve(
    { WORKERS: '1', RELOAD_MERCY: '1' },
    `app.get('/', (_req, res) => { res.send('ok'); });
     app.get('/never', () => { console.log('never is in flight'); });`,
  );
  const cut = expect(get('/never')).rejects.toThrow('socket hang up');
  await server.line(/never is in flight/);
  server.kill('SIGHUP');
  await cut;
  await server.line(/RELOAD_MERCY=1 s/);
  await server.line(/"signal":"SIGKILL","msg":"worker died while draining"/);
  expect(await get()).toMatchObject({ body: 'ok' });
});

test.each([
  ['throws', `export function createApp() { throw new Error('no database'); }`],
  ['never listens', `export const createApp = () => new Promise(() => undefined);`],
])('a new worker that %s: the old ones go on, the log says why, and a later reload works', async (_, source) => {
  project.replaceService(version('old'));
  const server = await serve({ START_TIMEOUT: '2' });
  const before = await workers();
  project.replaceService(source);
  server.kill('SIGHUP');
  await server.line(/"worker":1,"reason":".*(no database|START_TIMEOUT=2 s).*did not come up/);
  await server.line(/"reload ended"/);
  const after = await workers();
  expect(after.map(({ pid, accepting }) => [pid, accepting])).toEqual(before.map(({ pid }) => [pid, 1]));
  // It stopped at the first: of the second slot, no process was ever started.
  expect(after.map(({ respawn_count }) => respawn_count)).toEqual([2, 1]);
  expect((await get()).body).toBe('old');

  project.replaceService(version('new'));
  server.kill('SIGHUP');
  await server.line(/"reload ended"[^]*"reload ended"/);
  expect((await get()).body).toBe('new');
});

test('a SIGHUP during a reload is not lost: every slot gets what is there by then', async () => {
  project.replaceService(version('first'));
  const server = await serve();
  project.replaceService(version('second'));
  server.kill('SIGHUP');
  await server.line(/second starts in slot 1/);
  project.replaceService(version('third'));
  server.kill('SIGHUP');
  await server.line(/third starts in slot 1/);
  await server.line(/third starts in slot 2/);
  await server.line(/"reload ended"/);
  expect((await get()).body).toBe('third');
});

test('a stop while a replaced worker still drains starts no other', async () => {
  const server = await serve(
    {},
    `const slot = process.env.WORKER_SLOT;
     console.log('starts in slot', slot);
     app.get('/', (_req, res) => {
       console.log('in flight in', slot);
       process.on('message', ({ type }) => type === 'drain' && setTimeout(() => res.send('done'), slot === '1' ? 500 : 1500));
     });`,
  );
  const answers: Promise<Answer>[] = [];
  await eventually(() => {
    answers.push(get());
    return /in flight in 1[^]*in flight in 2|in flight in 2[^]*in flight in 1/.test(server.output()) || undefined;
  });
  server.kill('SIGHUP');
  await server.line(/"worker drains"/);
  server.kill('SIGTERM');
  for (const { body } of await Promise.all(answers)) expect(body).toBe('done');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.output().match(/starts in slot/g)).toHaveLength(3);
});

test('a SIGHUP while a worker is being replaced leaves one process in its slot', async () => {
  project.replaceService(gated);
  openGate();
  const server = await serve({ WORKERS: '1' });
  const [first] = await workers();
  closeGate();
  process.kill(first?.pid ?? 0, 'SIGKILL');
  const [, second] = await server.line(/starting[^]*starting (\d+)/);
  server.kill('SIGHUP');
  await server.line(/"reloading"/);
  openGate();
  await server.line(/"reload ended"/);
  expect(await workers()).toMatchObject([{ respawn_count: 3 }]);
  await eventually(() => !isAlive(Number(second)) || undefined);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a stop during a reload ends both', async () => {
  const server = await serve({ WORKERS: '1' });
  project.replaceService(`
    export function createApp() {
      console.log('new one is starting');
      return new Promise(() => undefined);
    }`);
  server.kill('SIGHUP');
  await server.line(/new one is starting/);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  await server.closed;
  expect(server.output()).not.toMatch(/died|did not come up/);
});

test('MAX_REQUESTS replaces a worker by the same way, and no request fails', async () => {
  const server = await serve({ WORKERS: '1', MAX_REQUESTS: '20' });
  for (let index = 0; index < 60; index += 1) expect(await get()).toMatchObject({ status: 200 });
  await server.line(/"reason":"MAX_REQUESTS=20","msg":"worker drains"/);
  expect(steps(server).slice(0, 2)).toEqual(['up 1', 'drains 1']);
});

test('RELOAD_ON_RSS replaces a worker that has grown', async () => {
  const server = await serve(
    { WORKERS: '1', RELOAD_ON_RSS: '300' },
    `const kept = [];
     app.get('/grow', (_req, res) => { kept.push(Buffer.alloc(350 * 1024 * 1024, 1)); res.send('grown'); });`,
  );
  expect((await get('/grow')).body).toBe('grown');
  await server.line(/"reason":"RELOAD_ON_RSS=300 MB","msg":"worker drains"/);
});
