import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '../../harness/eventually';
import { fetch, fetchStats } from '../../harness/fetch';
import {
  gated,
  get,
  logOf,
  metrics,
  openGate,
  port,
  project,
  raw,
  serve,
  start,
  stats,
  statsPort,
  useServer,
  workers,
  type Stats,
} from '../../harness/server';

useServer();

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** A connection to the stats of which a test holds its end. */
function client(): Socket {
  return connect(statsPort, '127.0.0.1').on('error', () => undefined);
}

/** The end of a client, also by a reset, which comes where what it wrote has not been read. */
const closed = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));

/** Waits until this is so. */
const until = (isSo: () => Promise<boolean>) => eventually(async () => (await isSo()) || undefined);

describe('what is counted', () => {
  test('is exact over all workers and through a reload, and never goes back', async () => {
    const server = await serve({}, `app.get('/users/:id', (_req, res) => res.send('ok'));`);
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const seen: number[][] = [];
    let reloaded = false;
    const done = server.line(/"reload ended"/).then(() => (reloaded = true));
    let answered = 0;
    const ask = async () => {
      while (!reloaded) {
        await get(`/users/${String(answered)}`, { agent });
        await get(`/users/${String(answered)}`);
        answered += 2;
      }
    };
    const watch = async () => {
      while (!reloaded) seen.push((await workers()).map(({ requests }) => requests));
    };
    const asking = [ask(), ask(), ask(), watch()];
    server.kill('SIGHUP');
    await Promise.all([...asking, done]);
    agent.destroy();

    const exactly = async () => {
      expect(sum((await workers()).map(({ requests }) => requests))).toBe(answered);
      expect(await metrics('http_request_duration_seconds_count')).toEqual([answered]);
      return true;
    };
    await eventually(exactly);
    // Nor is any of them told twice, later.
    expect((await get('/livez')).status).toBe(200);
    await exactly();
    for (const slot of [0, 1]) {
      const counts = seen.map((row) => row[slot] ?? NaN);
      expect(counts).toEqual([...counts].sort((one, other) => one - other));
    }
  });

  test('is in the units of uWSGI: bytes, microseconds', async () => {
    await serve({ WORKERS: '1' }, `app.get('/', (_req, res) => setTimeout(() => res.send('x'.repeat(5000)), 30));`);
    const answer = await raw('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await until(async () => (await workers())[0]?.requests === 1);
    const [worker] = await workers();
    expect(worker?.tx).toBe(Buffer.byteLength(answer));
    expect(worker?.running_time).toBeGreaterThan(29_000);
    expect(worker?.running_time).toBe(worker?.avg_rt);
    expect(worker?.rss).toBeGreaterThan(20e6);
    expect(worker?.vsz).toBeGreaterThan(worker?.rss ?? 0);
    expect((await stats()).sockets).toEqual([expect.objectContaining({ name: `0.0.0.0:${String(port)}` })]);
  });

  test('are errors, too: of the service, and of clients', async () => {
    await serve(
      { WORKERS: '1' },
      `app.get('/throw', () => { throw new Error('no'); });
       app.get('/refuse', (_req, res) => res.status(500).send('as meant'));`,
    );
    await get('/throw');
    await get('/refuse');
    await raw('no http\r\n\r\n');
    await until(async () => (await workers())[0]?.requests === 2);
    expect(await workers()).toMatchObject([{ exceptions: 1, cores: [{ read_errors: 1, write_errors: 0 }] }]);
    expect(await metrics('http_request_duration_seconds_count{method="GET",route="/throw",status="5xx"}')).toEqual([1]);
  });

  test('are the requests of an app of Express 4 that is mounted in one of Express 5', async () => {
    const server = await serve(
      { WORKERS: '1' },
      `const old = require('express4')();
       old.get('/old/:id', (req, res) => { res.send({ id: req.params.id }); });
       old.post('/body', require('express4').json(), (req, res) => { res.status(201).json(req.body); });
       old.get('/fail', () => { throw new Error('on purpose'); });
       old.get('/next', (_req, _res, next) => { next(Object.assign(new Error('teapot'), { status: 418 })); });
       app.use('/mounted', old).use(old);`,
    );
    const status = async (path: string) => (await get(path)).status;
    expect((await get('/old/1')).body).toBe('{"id":"1"}');
    expect((await get('/mounted/old/2')).body).toBe('{"id":"2"}');
    expect(await Promise.all(['/fail', '/next', '/nowhere', '/mounted/nowhere'].map(status))).toEqual([
      500, 418, 404, 404,
    ]);
    const headers = 'Host: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9';
    expect(await raw(`POST /body HTTP/1.1\r\n${headers}\r\n\r\n{"a":"b"}`)).toMatch(/^HTTP\/1\.1 201 [^]*\{"a":"b"\}$/);
    await until(async () => (await workers())[0]?.requests === 7);
    expect(await workers()).toMatchObject([{ respawn_count: 1, exceptions: 1 }]);
    expect(sum(await metrics('http_request_duration_seconds_count'))).toBe(7);
    const lines = logOf(server).filter(({ msg }) => msg === 'request');
    expect(lines.map(({ path }) => path).sort()).toEqual(
      ['/old/1', '/mounted/old/2', '/fail', '/next', '/nowhere', '/mounted/nowhere', '/body'].sort(),
    );
    expect(server.output()).not.toContain('uncaught exception');
  });

  test('outlives the worker that counted it', async () => {
    await serve({ WORKERS: '1' });
    await get();
    await until(async () => (await workers())[0]?.requests === 1);
    process.kill((await workers())[0]?.pid ?? 0, 'SIGKILL');
    await until(async () => (await workers())[0]?.respawn_count === 2);
    expect(await workers()).toMatchObject([{ requests: 1, delta_requests: 0 }]);
    expect(await metrics('http_request_duration_seconds_count')).toEqual([1]);
  });

  test.each([
    ['exits by itself', 'process.exit(1)', 0],
    ['throws outside of a handler', "setTimeout(() => { throw new Error('no'); })", 1],
  ])('is told by a worker that %s', async (_, code, exceptions) => {
    await serve({ WORKERS: '1', GRACE: '1' }, `app.get('/end', () => { ${code}; });`);
    for (const path of ['/1', '/2', '/3']) await get(path);
    get('/end').catch(() => undefined);
    await until(async () => (await workers())[0]?.respawn_count === 2);
    await until(async () => (await workers())[0]?.exceptions === exceptions);
    const [worker] = await workers();
    expect(worker?.requests).toBeGreaterThanOrEqual(3);
  });

  test('is what a worker said last, where it is killed while blocked', async () => {
    await serve({ WORKERS: '1', HARAKIRI: '1' }, `app.get('/block', () => { for (;;); });`);
    await get('/nowhere');
    await until(async () => (await workers())[0]?.requests === 1);
    get('/block').catch(() => undefined);
    await until(async () => (await workers())[0]?.harakiri_count === 1);
    expect(await workers()).toMatchObject([{ requests: 1 }]);
  });
});

describe('who reads it', () => {
  test.each([
    ['says nothing', (socket: Socket) => socket],
    ['says nothing and closes its side', (socket: Socket) => socket.end()],
  ])('and %s gets the document and its end', async (_, act) => {
    await serve();
    const document = JSON.parse(await text(act(client()))) as Stats;
    expect(Object.keys(document)).toEqual(Object.keys(await stats()));
    expect(document.workers).toHaveLength(2);
  });

  test('and says nothing keeps nobody else waiting, nor does who says half', async () => {
    await serve();
    const silent = client();
    const half = client();
    half.write('GET / HTTP/1.1\r\nHost:');
    await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
    expect((await fetchStats(statsPort)).status).toBe(200);
    expect(half.bytesRead).toBe(0);
    expect(await text(half)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('comes in a crowd: the oldest has to go', async () => {
    await serve();
    const crowd = Array.from({ length: 70 }, () => client());
    for (const one of crowd) one.write('GET / HTTP/1.1\r\nHost:');
    const [oldest] = crowd as [Socket];
    await closed(oldest);
    expect((await fetchStats(statsPort)).status).toBe(200);
    expect(crowd.at(-1)?.destroyed).toBe(false);
    for (const one of crowd) one.destroy();
  });

  test('and sends a byte at a time is cut', async () => {
    await serve({ WORKERS: '1' });
    const slow = client();
    slow.write('GET / HTTP/1.1\r\nHost: x\r\nX: ');
    const drip = setInterval(() => slow.write('x'), 50).unref();
    slow.resume();
    await closed(slow);
    clearInterval(drip);
  });

  test.each([
    ['10 KB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`, 431],
    ['a POST', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n', 405],
    ['bytes that are no HTTP', '\x16\x03\x01\r\n\r\n', 400],
  ])('and sends %s is refused', async (_, bytes, status) => {
    await serve({ WORKERS: '1' });
    expect(await raw(bytes, statsPort)).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
  });

  test('gets JSON, unless it asks for HTML or metrics', async () => {
    await serve({ WORKERS: '1' });
    const typeFor = async (Accept?: string, path = '/') =>
      (await fetchStats(statsPort, path, Accept === undefined ? {} : { headers: { Accept } })).headers['content-type'];
    expect(await typeFor()).toBe('application/json');
    expect(await typeFor('*/*')).toBe('application/json');
    expect(await typeFor('*/*', '/any/path')).toBe('application/json');
    expect(await typeFor('text/html,application/xhtml+xml,*/*;q=0.8')).toBe('text/html; charset=utf-8');
    expect(await typeFor('text/html', '/metrics')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  test('by a name that a stranger may have is refused, and the service’s port takes any', async () => {
    await serve({ WORKERS: '1', STATS_HOSTS: 'stats.example.com' });
    const statusFor = async (Host: string, path = '/metrics') =>
      (await fetchStats(statsPort, path, { headers: { Host } })).status;
    for (const Host of ['stats.example.com', 'localhost', 'identidock:9191', '127.0.0.1']) {
      expect(await statusFor(Host)).toBe(200);
    }
    for (const path of ['/', '/metrics', '/page/data.json']) expect(await statusFor('evil.example', path)).toBe(403);
    expect((await get('/', { headers: { Host: 'evil.example' } })).status).toBe(200);
  });

  test('learns nothing of what clients send', async () => {
    await serve({ WORKERS: '1' }, `app.get('/users/:id', (_req, res) => res.send('ok'));`);
    const secrets = { Cookie: 'c00kie', Authorization: 's3cret', 'User-Agent': 'ag3nt', 'X-Request-Id': 'r3quest' };
    await get('/users/j0e?q=qu3ry', { headers: secrets });
    await get('/unkn0wn', { headers: secrets });
    await until(async () => (await workers())[0]?.requests === 2);
    for (const path of ['/', '/metrics', '/page/data.json']) {
      const { body, headers } = await fetchStats(statsPort, path, { headers: { Origin: 'http://elsewhere' } });
      expect(body).not.toMatch(/c00kie|s3cret|ag3nt|r3quest|j0e|qu3ry|unkn0wn/);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect(await metrics('http_request_duration_seconds_count{method="GET",route="/users/:id"')).toEqual([1]);
  });
});

describe('the stats server', () => {
  test('answers while the only worker is blocked, and says so', async () => {
    await serve({ WORKERS: '1', HARAKIRI: '0' }, `app.get('/block', () => { for (;;); });`);
    get('/block').catch(() => undefined);
    await until(async () => (await workers())[0]?.status === 'busy');
    expect(await workers()).toMatchObject([{ accepting: 0, cores: [{ in_request: 1 }] }]);
    expect(await metrics('nodejs_worker_blocked')).toEqual([1]);
  });

  test('is there before the workers, and as long as they are', async () => {
    project.replaceService(gated);
    const server = start({ WORKERS: '1' });
    await server.line(/starting/);
    expect(await workers()).toMatchObject([{ accepting: 0, respawn_count: 1, requests: 0 }]);
    openGate();
    await server.line(/"ready"/);
    expect(await workers()).toMatchObject([{ accepting: 1 }]);
    server.kill('SIGTERM');
    await server.exited;
    await expect(fetch(statsPort)).rejects.toThrow();
  });

  test('tells of a worker that drains', async () => {
    const server = await serve(
      { WORKERS: '1' },
      `app.get('/slow', async (_req, res) => {
         console.log('in flight');
         const { existsSync } = await import('node:fs');
         while (!existsSync('gate')) await new Promise((resolve) => setTimeout(resolve, 10));
         res.send('done');
       });`,
    );
    const answer = get('/slow');
    await server.line(/in flight/);
    const [before] = await workers();
    server.kill('SIGTERM');
    await server.line(/"stopping"/);
    await until(async () => (await workers())[0]?.status === 'busy');
    expect(await workers()).toMatchObject([{ pid: before?.pid, accepting: 0 }]);
    openGate();
    expect((await answer).body).toBe('done');
    expect(await server.exited).toMatchObject({ code: 0 });
  });

  test('says that a slot has no process', async () => {
    const server = await serve({ WORKERS: '1' });
    project.replaceService('export function createApp() { throw new Error("no luck"); }');
    process.kill((await workers())[0]?.pid ?? 0, 'SIGKILL');
    await until(async () => (await workers())[0]?.status === 'cheap');
    expect(await workers()).toMatchObject([{ pid: 0, accepting: 0, last_spawn: 0 }]);
    server.kill('SIGTERM');
  });

  test.each(['off', '0'])('is not there with STATS_PORT=%s', async (STATS_PORT) => {
    const server = await serve({ STATS_PORT });
    expect(logOf(server).find(({ msg }) => msg === 'ready')).toMatchObject({ statsPort: 'off' });
    expect((await get()).status).toBe(200);
    await expect(fetch(statsPort)).rejects.toThrow('ECONNREFUSED');
    server.kill('SIGTERM');
    expect(await server.exited).toMatchObject({ code: 0 });
  });
});
