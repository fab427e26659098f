import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../eventually';
import { fetch } from '../fetch';
import { freePorts, hold } from '../ports';
import { copyProject, promisedService, service, type Project } from './project';
import { endAll, run, type Running } from './run';

interface Stats {
  pid: number;
  workers: { id: number; pid: number; requests: number; respawn_count: number }[];
}

let ports: { PORT: string; STATS_PORT: string };
let port: number;
let statsPort: number;
let project: Project;

beforeEach(async () => {
  [port, statsPort] = (await freePorts(2)) as [number, number];
  ports = { PORT: String(port), STATS_PORT: String(statsPort) };
  project = copyProject();
});

afterEach(async () => {
  await endAll();
  project.remove();
});

/** Starts cmd.sh. */
const start = (env: NodeJS.ProcessEnv = {}): Running =>
  run('./cmd.sh', { cwd: project.dir, env: { ...ports, WORKERS: '2', ...env } });

/** Starts it and waits until it serves; with routes, those of a service of their own. */
async function serve(env: NodeJS.ProcessEnv = {}, routes?: string): Promise<Running> {
  if (routes !== undefined) project.replaceService(service(routes));
  const server = start(env);
  await server.line(/"ready"/);
  return server;
}

async function stats(): Promise<Stats> {
  return JSON.parse((await fetch(statsPort)).body) as Stats;
}

/** A route that answers when its server has been told to stop. */
const slow = `
  app.get('/slow', (_req, res) => {
    console.log('slow is in flight');
    process.once('message', () => setTimeout(() => res.send('done'), 50));
  });`;

describe.each([undefined, '', 'PROD'])('ENV=%j', (ENV) => {
  test('is production: the service, and the stats of its primary and workers', async () => {
    const server = await serve({ ENV });
    expect(server.output()).toMatch(/^Running Production Server\n/);
    expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    const { pid, workers } = await stats();
    // cmd.sh has replaced itself by the primary.
    expect(pid).toBe(server.pid);
    expect(workers.map(({ id }) => id)).toEqual([1, 2]);
    await eventually(async () => (await stats()).workers.some(({ requests }) => requests === 1) || undefined);
  });
});

test('the service may be a promise', async () => {
  project.replaceService(promisedService(`app.get('/', (_req, res) => { res.send('promised'); });`));
  await start().line(/"ready"/);
  expect(await fetch(port)).toMatchObject({ body: 'promised' });
});

test('one worker for each available CPU where WORKERS does not say otherwise', async () => {
  await serve({ WORKERS: '' });
  expect((await stats()).workers).toHaveLength(availableParallelism());
});

describe('stops', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('on %s, with exit code 0 and nothing left behind', async (signal) => {
    const server = await serve();
    server.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.closed;
    await expect(fetch(port)).rejects.toThrow('ECONNREFUSED');
    await expect(fetch(statsPort)).rejects.toThrow('ECONNREFUSED');
  });

  test('on Ctrl-C, which reaches the workers too, after what is in flight', async () => {
    const server = await serve({}, slow);
    // A client that would keep the connection is told that it cannot.
    const agent = new Agent({ keepAlive: true });
    const answer = fetch(port, '/slow', { agent });
    await server.line(/slow is in flight/);
    server.killGroup('SIGINT');
    expect(await answer).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('while an idle keep-alive connection is open; a request on it is answered, and is its last', async () => {
    const server = await serve({ WORKERS: '1' }, slow);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await fetch(port, '/livez', { agent });
    const answer = fetch(port, '/slow');
    await server.line(/slow is in flight/);
    server.kill('SIGTERM');
    await answer;
    expect(await fetch(port, '/readyz', { agent })).toMatchObject({
      status: 503,
      body: 'draining\n',
      headers: { connection: 'close' },
    });
    expect(await server.exited).toEqual({ code: 0, signal: null });
    agent.destroy();
  });

  test('after an answer that a slow client has not yet read', async () => {
    const size = 30_000_000;
    const server = await serve({}, `app.get('/', (_req, res) => { res.send(Buffer.alloc(${String(size)})); });`);
    const sent = request({ host: '127.0.0.1', port, agent: new Agent({ keepAlive: true }) }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    server.kill('SIGTERM');
    await server.line(/"stopping"/);
    let received = 0;
    for await (const chunk of response) {
      received += (chunk as Buffer).length;
      // Read so slowly that idle connections are closed meanwhile.
      await pause(5);
    }
    expect(received).toBe(size);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('after GRACE seconds at the latest, and says by its exit code that it cut a request', async () => {
    const server = await serve({ GRACE: '1' }, `app.get('/never', () => { console.log('never is in flight'); });`);
    const answer = fetch(port, '/never');
    await server.line(/never is in flight/);
    server.kill('SIGTERM');
    await expect(answer).rejects.toThrow('socket hang up');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toContain('GRACE=1 s');
    await server.closed;
  });

  test('at once on a second signal', async () => {
    const server = await serve({ GRACE: '3600' }, `app.get('/never', () => { console.log('never is in flight'); });`);
    const answer = fetch(port, '/never');
    await server.line(/never is in flight/);
    const cut = expect(answer).rejects.toThrow('socket hang up');
    const ended = eventually(() => {
      server.kill('SIGTERM');
      return server.output().includes('stopping at once') || undefined;
    });
    await Promise.all([cut, ended]);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    await server.closed;
  });

  test('once, where one Ctrl-C arrives as two signals', async () => {
    const server = await serve({ WORKERS: '1' }, slow);
    const answer = fetch(port, '/slow');
    await server.line(/slow is in flight/);
    server.kill('SIGINT');
    server.kill('SIGTERM');
    expect(await answer).toMatchObject({ body: 'done' });
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('while it starts, without a word of Node’s own', async () => {
    project.replaceService(`
      export function createApp() {
        console.log('service is starting');
        return new Promise(() => undefined);
      }`);
    const server = start();
    await server.line(/service is starting/);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.closed;
    expect(server.output()).not.toMatch(/node:/);
  });
});

test('workers end when the primary is killed', async () => {
  const server = await serve();
  server.kill('SIGKILL');
  await server.closed;
  await expect(fetch(port)).rejects.toThrow('ECONNREFUSED');
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
  await server.line(/"worker replaced"/);
  expect(await fetch(port)).toMatchObject({ status: 200 });
});

test('a worker that ends by itself takes no count with it, and no message of the service harms the primary', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (_req, res) => { process.send(null); process.send('x'); res.send('ok'); });
     app.get('/exit', () => process.exit(3));`,
  );
  await fetch(port);
  await expect(fetch(port, '/exit')).rejects.toThrow('socket hang up');
  await server.line(/"code":3,.*"worker died"/);
  expect((await stats()).workers).toMatchObject([{ requests: 1 }]);
});

test('a service that throws at start: the reason with a line of its .ts source, exit code 1', async () => {
  project.replaceService(`export function createApp() {\n  throw new Error('no database');\n}\n`);
  const server = start();
  expect(await server.exited).toEqual({ code: 1, signal: null });
  await server.closed;
  expect(server.output()).toMatch(/The server could not start: Error: no database\n.*identidock\.ts:2/);
});

describe('a port that is taken', () => {
  test.each(['PORT', 'STATS_PORT'] as const)('%s: an error that names it, and no other port instead', async (name) => {
    const holder = await hold(Number(ports[name]));
    const server = start({ HOST: '127.0.0.1' });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    await server.closed;
    // Said once, however many workers there are.
    const said = server.output().split(`${name}=${ports[name]}: port ${ports[name]} on 127.0.0.1 is already taken`);
    expect(said).toHaveLength(2);
    expect(server.output()).not.toContain('"ready"');
    holder.close();
  });
});

describe('what is no route', () => {
  test('an unknown method is a short 404, in text or JSON', async () => {
    await serve();
    expect(await raw(`BREW / HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\n[^]*text\/plain[^]*\r\n\r\n404 Not Found\n$/,
    );
    expect(await raw(`BREW / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n`)).toMatch(
      /application\/json[^]*\r\n\r\n\{"status":404,"error":"Not Found"\}\n$/,
    );
  });

  test.each([
    ['bytes that are no HTTP', '\x16\x03\x01\r\n\r\n', 400],
    ['a lower-case method', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['17 KB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ])('%s', async (_, bytes, status) => {
    await serve();
    expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
    expect(await fetch(port)).toMatchObject({ status: 200 });
  });

  test('broken bytes after a request whose answer has begun cut it, and are not answered into it', async () => {
    await serve({}, `app.get('/', (_req, res) => { res.write('begun'); setTimeout(() => res.end('whole'), 500); });`);
    const answer = await raw('GET / HTTP/1.1\r\nHost: x\r\n\r\nBREW / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).not.toMatch(/404|whole/);
  });

  test('an error in the service is a 500 without its trace; the log has it, with a line of the .ts source', async () => {
    const server = await serve({}, `app.get('/', () => { throw new Error('secret'); });`);
    expect(await fetch(port)).toMatchObject({ status: 500, body: '500 Internal Server Error\n' });
    await server.line(/"level":"error".*"request failed"/);
    expect(server.output()).toMatch(/secret.*identidock\.ts:\d+/);
  });
});

/** Writes bytes to the service, as Node's own client would not, and returns all that comes back. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  return text(socket);
}

describe('the health check', () => {
  test('is content with the service', async () => {
    await serve();
    const check = run('node', { args: ['dist/healthcheck.js'], env: ports });
    expect(await check.exited).toEqual({ code: 0, signal: null });
  });

  test.each([204, 302, 404, 500, 503])('and with a 2xx alone: %d', async (status) => {
    const server = createServer((_req, res) => res.writeHead(status).end());
    await once(server.listen(port, '127.0.0.1').unref(), 'listening');
    const check = run('node', { args: ['dist/healthcheck.js'], env: ports });
    expect(await check.exited).toEqual({ code: status === 204 ? 0 : 1, signal: null });
    await check.line(new RegExp(`/readyz: ${String(status)}`));
    server.close();
  });

  test('is not content with silence', async () => {
    const check = run('node', { args: ['dist/healthcheck.js'], env: ports });
    expect(await check.exited).toEqual({ code: 1, signal: null });
    await check.line(/ECONNREFUSED/);
  });
});
