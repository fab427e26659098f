// What becomes of the server where descriptors run out: all there may be are taken by idle connections, or by whatever else.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { fetchStats } from '../../harness/fetch';
import { program, quayside } from '../../harness/paths';
import { run, type Running } from '../../harness/run';
import { get, logOf, metrics, port, ports, project, serve, statsPort, useServer, workers } from '../../harness/server';

useServer();

/** For each process of the server. */
const FEW = 64;

/** The descriptors that a process has. */
const descriptorsOf = (pid: number) => readdirSync(`/proc/${String(pid)}/fd`).map(Number);

/** Sets from which number on a process, which runs already, is given no descriptor. */
function limit(pid: number, below: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${String(below)}:`]);
}

/** Leaves a process as many descriptors as it has, and so many more. */
function leave(pid: number, spare: number): void {
  const taken = descriptorsOf(pid);
  const free = Array.from({ length: taken.length + spare + 1 }, (_, index) => index).filter(
    (number) => !taken.includes(number),
  );
  limit(pid, free[spare] ?? 0);
}

/** Starts the server with few descriptors for each of its processes, and patience with connections that say nothing. */
async function serveWithFew(): Promise<Running> {
  const patience = { KEEP_ALIVE_TIMEOUT: '3600', HEADERS_TIMEOUT: '3600', RECEIVE_TIMEOUT: '3600' };
  const server = run('sh', {
    args: ['-c', `ulimit -n ${String(FEW)}; exec ${program} serve dist/identidock.js`],
    cwd: project.dir,
    env: { ...ports, WORKERS: '2', ...patience },
  });
  await server.line(/"ready"/);
  return server;
}

const isFull = (pid: number) => descriptorsOf(pid).filter((number) => number < FEW).length === FEW;

/** Opens connections that say nothing, until each worker is full. */
async function fill(pids: number[]): Promise<Socket[]> {
  const idle: Socket[] = [];
  await eventually(() => {
    if (pids.every(isFull)) return true;
    for (let index = 0; index < 20; index += 1) idle.push(connect(port, '127.0.0.1').on('error', () => undefined));
    return undefined;
  });
  return idle;
}

describe('where idle connections take all that a worker may have', () => {
  let server: Running;
  let pids: number[];
  let idle: Socket[];
  let agent: Agent;

  /** On connections that were there before. */
  const ask = async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => get('/', { agent })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  };
  /** Waits until each worker has said how it is, and asks meanwhile. */
  const beat = async () => {
    const before = await metrics('nodejs_worker_heap_used_bytes');
    await eventually(async () => {
      await ask();
      const now = await metrics('nodejs_worker_heap_used_bytes');
      return now.every((bytes, index) => bytes !== before[index]) || undefined;
    });
  };

  beforeEach(async () => {
    server = await serveWithFew();
    pids = (await workers()).map(({ pid }) => pid);
    agent = new Agent({ keepAlive: true, maxSockets: 4 });
    await ask();
    idle = await fill(pids);
  });
  afterEach(() => {
    agent.destroy();
    for (const socket of idle) socket.destroy();
    expect(logOf(server).filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('the connections there are go on, and new ones do when the idle are gone', async () => {
    const kept = Object.values(agent.freeSockets).flat();
    await beat();
    await beat();
    expect(pids.every(isFull)).toBe(true);
    expect(Object.values(agent.freeSockets).flat()).toEqual(expect.arrayContaining(kept));
    for (const socket of idle) socket.destroy();
    await eventually(() => !pids.some(isFull) || undefined);
    expect((await get()).status).toBe(200);
    expect(await workers()).toMatchObject(pids.map((pid) => ({ pid, respawn_count: 1, exceptions: 0, accepting: 1 })));
  });

  test('a reload puts new workers in their place', async () => {
    server.kill('SIGHUP');
    await server.line(/"worker drains"/);
    await eventually(async () => (await get()).status === 200 || undefined);
    for (const socket of idle) socket.destroy();
    await server.line(/"reload ended"/);
    const after = await workers();
    expect(after.map(({ respawn_count }) => respawn_count)).toEqual([2, 2]);
    expect(after.filter(({ pid }) => pids.includes(pid))).toEqual([]);
  });
});

test('where the primary has none left, the workers it has serve on, and all is as before when it has some again', async () => {
  const server = await serve();
  const atRest = descriptorsOf(server.pid).length;
  const pids = (await workers()).map(({ pid }) => pid);
  // Again where the connection before had not yet been closed.
  const statusOf = (path: string, Accept: string) =>
    eventually(async () => (await fetchStats(statsPort, path, { headers: { Accept } })).status);
  const answers = async () => [await statusOf('/metrics', '*/*'), await statusOf('/', 'text/html')];
  // For the connection of whoever asks. What is asked for takes more.
  await eventually(() => descriptorsOf(server.pid).length === atRest || undefined);
  leave(server.pid, 1);
  expect(await answers()).toEqual([500, 500]);
  expect((await eventually(workers)).map(({ pid, rss }) => [pid, rss > 20e6])).toEqual(pids.map((pid) => [pid, true]));
  server.kill('SIGHUP');
  await server.line(/EMFILE","msg":"the new worker did not come up: no more workers are replaced"/);
  expect((await get()).status).toBe(200);
  expect((await eventually(workers)).map(({ pid }) => pid)).toEqual(pids);
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await server.line(/EMFILE","msg":"worker died"[^]*EMFILE","msg":"worker died"/);
  expect((await get()).status).toBe(200);

  limit(server.pid, 1024);
  await eventually(async () => (await workers()).every(({ accepting }) => accepting === 1) || undefined);
  expect(await answers()).toEqual([200, 200]);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('where there are none for the guardian, all is as it would be without', async () => {
  const guard = `
    const { startGuardian } = require(${JSON.stringify(join(quayside, 'dist/process/guardian.js'))});
    try {
      for (;;) require('node:fs').openSync('/dev/null');
    } catch (error) {
      console.log(error.code);
    }
    const { guard, release } = startGuardian();
    guard(1);
    release(1);
    setImmediate(() => console.log('no guardian, and all else goes on'));`;
  const child = run('sh', { args: ['-c', `ulimit -n ${String(FEW)}; exec "$0" -e "$1"`, process.execPath, guard] });
  await child.line(/EMFILE/);
  await child.line(/no guardian, and all else goes on/);
  expect(await child.exited).toEqual({ code: 0, signal: null });
});
