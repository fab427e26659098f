import { Agent } from 'node:http';
import { eventually } from '../../harness/eventually';
import { program } from '../../harness/paths';
import { service } from '../../harness/project';
import { run } from '../../harness/run';
import { get, logOf, ports, project, serve, start, stats, useServer } from '../../harness/server';

useServer();

const headers = { 'X-Request-Id': 'id-1', Cookie: 'cookie=secret', Authorization: 'Bearer secret' };

test('a request is one JSON line, without query, headers or cookies', async () => {
  const server = await serve({ WORKERS: '1' });
  const { headers: answered } = await get('/?query=secret', { headers });
  expect(answered['x-request-id']).toBe('id-1');
  await server.line(/"msg":"request"/);
  const [line, ...more] = logOf(server).filter(({ msg }) => msg === 'request');
  expect(more).toEqual([]);
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    worker: 1,
    id: 'id-1',
    method: 'GET',
    path: '/',
    status: 200,
    bytes: expect.any(Number) as number,
    ms: expect.any(Number) as number,
    client: '127.0.0.1',
    msg: 'request',
  });
  expect(line?.bytes).toBeGreaterThan('Hello Docker!\n'.length);
  expect(server.output()).not.toContain('secret');
});

test('bytes are those of one answer, however many its connection carries', async () => {
  const server = await serve({ WORKERS: '1' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await get('/', { agent });
  await get('/', { agent });
  agent.destroy();
  await server.line(/("msg":"request"[^]*){2}/);
  const [first, second] = logOf(server).filter(({ msg }) => msg === 'request');
  expect(second?.bytes).toBe(first?.bytes);
});

test('a request id that is not sane is replaced by one that is made, and each request has its own', async () => {
  await serve({}, `app.get('/', (req, res) => { res.send(req.get('X-Request-Id')); });`);
  const made = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
  const ids = new Set<string>();
  for (const id of [undefined, '', 'with space', 'x'.repeat(129), 'é', '"', ['a', 'b']]) {
    const { headers, body } = await get('/', { headers: id === undefined ? {} : { 'X-Request-Id': id } });
    expect(headers['x-request-id']).toMatch(made);
    expect(body).toBe(headers['x-request-id']);
    ids.add(body);
  }
  expect(ids.size).toBe(7);
  for (const id of ['Root=1-67891233-abcdef012345678912345678', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'a+b/c==']) {
    expect((await get('/', { headers: { 'X-Request-Id': id } })).body).toBe(id);
  }
});

test('lines of any length and alphabet are whole and in order', async () => {
  const lengths = Array.from({ length: 60 }, (_, index) => (index % 20) ** 4);
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (req, res) => {
      for (const length of ${JSON.stringify(lengths)}) req.log.info({ text: '中'.repeat(length) + 'é' });
      res.send('logged');
    });`,
  );
  await get('/');
  await server.line(/"msg":"request"/);
  const texts = logOf(server).flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
  expect(texts.map((text) => text.length)).toEqual(lengths.map((length) => length + 1));
  expect(texts.filter((text) => !/^中*é$/.test(text))).toEqual([]);
});

test('on a terminal, and only there, a line says what to open', async () => {
  const terminal = run('script', {
    args: ['-qec', `exec '${program}' serve dist/identidock.js`, '/dev/null'],
    cwd: project.dir,
    env: { ...ports, WORKERS: '1' },
  });
  const { PORT, STATS_PORT } = ports;
  const { pid } = await eventually(() => stats().catch(() => undefined));
  try {
    await terminal.line(new RegExp(`^open http://localhost:${PORT}, stats http://localhost:${STATS_PORT}\\r?$`));
    await terminal.line(/"msg":"ready"/);
  } finally {
    // It has a session of its own: nothing else would end it.
    process.kill(pid, 'SIGTERM');
  }
  await terminal.closed;
  const piped = await serve({ WORKERS: '1' });
  expect(logOf(piped).map(({ msg }) => msg)).toContain('ready');
  expect(piped.output()).not.toContain('open http');
});

test('nothing is lost at a graceful exit', async () => {
  const server = await serve();
  await Promise.all(Array.from({ length: 200 }, () => get()));
  server.kill('SIGTERM');
  await server.closed;
  expect(logOf(server).filter(({ msg }) => msg === 'request')).toHaveLength(200);
});

test('the line of a request is written though its worker exits in the same moment', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/last', (req, res) => { res.on('close', () => process.exit()).send('bye'); });`,
  );
  await get('/last');
  await server.line(/"path":"\/last"/);
});

test('an error is written before a worker can be killed for it', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/last', (req, res, next) => { next(new Error('its last')); setImmediate(() => process.kill(process.pid, 'SIGKILL')); });`,
  );
  await get('/last').catch(() => undefined);
  await server.line(/"level":"error".*its last/);
});

test('a service that ends its stdout does not end the log', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/end', (req, res) => { process.stdout.end(() => res.send('ended')); });`,
  );
  expect((await get('/end')).body).toBe('ended');
  await get('/after');
  await server.line(/"path":"\/after"/);
});

test('the lines of several workers are whole, though many are written at once', async () => {
  const server = await serve({ WORKERS: '3' });
  const agent = new Agent({ keepAlive: true, maxSockets: 60 });
  const paths = Array.from({ length: 3000 }, (_, index) => `/${String(index)}/${'x'.repeat(index % 3000)}`);
  await Promise.all(paths.map((path) => get(path, { agent })));
  agent.destroy();
  server.kill('SIGTERM');
  await server.closed;
  const requests = logOf(server).filter(({ msg }) => msg === 'request');
  expect(requests.map(({ path }) => path).sort()).toEqual(paths.sort());
});

test('also when some are not ASCII, and whoever reads them is slow', async () => {
  project.replaceService(service(`app.get('/fails', () => { throw new Error('漢'.repeat(300)); });`));
  const reader = `
    const buffer = Buffer.alloc(2000);
    for (let count; (count = fs.readSync(0, buffer)) > 0; fs.writeSync(1, buffer, 0, count))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);`;
  const server = run('sh', {
    args: ['-c', '"$2" serve dist/identidock.js | "$0" --eval "$1"', process.execPath, reader, program],
    cwd: project.dir,
    env: { ...ports, WORKERS: '3' },
  });
  await server.line(/"ready"/);
  const agent = new Agent({ keepAlive: true, maxSockets: 60 });
  const paths = Array.from({ length: 2000 }, (_, index) => (index % 9 === 0 ? '/fails' : `/${'x'.repeat(200)}`));
  await Promise.all(paths.map((path) => get(path, { agent })));
  agent.destroy();
  process.kill((await stats()).pid);
  await server.closed;
  expect(logOf(server).filter(({ msg }) => msg === 'request')).toHaveLength(2000);
});

test('a full disk behind stdout costs the lines, and neither an answer nor the end', async () => {
  project.replaceService(service(`app.get('/', (req, res) => { res.send('hello'); });`));
  const command = `exec '${program}' serve dist/identidock.js >/dev/full`;
  const server = run('sh', { args: ['-c', command], cwd: project.dir, env: { ...ports, WORKERS: '1' } });
  expect(await eventually(() => get())).toMatchObject({ status: 200, body: 'hello' });
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  await server.closed;
});

test.each([{ ACCESS_LOG: 'off' }, { LOG_LEVEL: 'warn' }])('%j: no line for a request', async (env) => {
  project.replaceService(service(`app.get('/', () => { throw new Error('seen'); });`));
  const server = start({ ...env, WORKERS: '1' });
  expect(await eventually(() => get())).toMatchObject({ status: 500 });
  server.kill('SIGTERM');
  await server.closed;
  expect(server.output()).toContain('"msg":"request failed"');
  expect(server.output()).not.toContain('"msg":"request"');
});

test('health checks are logged at debug', async () => {
  const server = await serve({ LOG_LEVEL: 'debug' });
  await get('/livez');
  await server.line(/"level":"debug".*"path":"\/livez"/);
});

describe('an error', () => {
  const failing = `
    app.get('/throws', () => { throw Object.assign(new Error('broken'), { config: { headers: 'secret' } }); });
    app.get('/rejects', async () => { throw new Error('broken'); });`;

  test.each(['/throws', '/rejects'])('%s: a 500 with the request id, its trace in the log alone', async (path) => {
    const server = await serve({}, failing);
    expect(await get(path, { headers })).toMatchObject({
      status: 500,
      headers: { 'x-request-id': 'id-1' },
      body: '500 Internal Server Error\nRequest ID: id-1\n',
    });
    await server.line(/"level":"error".*"id":"id-1".*broken.*identidock\.ts:\d+.*"request failed"/);
    expect(server.output()).not.toContain('secret');
  });
});

describe('TRUST_PROXY', () => {
  const forwarded = { 'X-Forwarded-For': '203.0.113.7, 198.51.100.1', 'X-Forwarded-Proto': 'https' };
  const told = `app.get('/', (req, res) => { res.json([req.ip, req.protocol, req.ips]); });`;

  test.each([
    ['off', '127.0.0.1', 'http', []],
    ['1', '198.51.100.1', 'https', ['198.51.100.1']],
    ['loopback, 198.51.100.0/24', '203.0.113.7', 'https', ['203.0.113.7', '198.51.100.1']],
    ['10.0.0.0/8', '127.0.0.1', 'http', []],
  ])('%s', async (TRUST_PROXY, client, protocol, ips) => {
    const server = await serve({ TRUST_PROXY }, told);
    expect(JSON.parse((await get('/', { headers: forwarded })).body)).toEqual([client, protocol, ips]);
    await server.line(new RegExp(`"client":"${client}"`));
  });
});
