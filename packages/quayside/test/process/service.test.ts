// What a service has beside its app: attach(), ready(), drain(), close() and metrics.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from '../../harness/eventually';
import { get, logOf, metrics, port, project, raw, serve, start, useServer, workers } from '../../harness/server';
import type { Running } from '../../harness/run';

useServer();

/** The module of a service, whose object has `app` and these. */
const made = (hooks: string, before = '') => `
  import express from 'express';
  import { existsSync, readFileSync } from 'node:fs';
  import { WebSocketServer } from ${JSON.stringify(require.resolve('ws'))};
  import { Server as SocketServer } from ${JSON.stringify(require.resolve('socket.io'))};
  import { Counter, Gauge, Histogram, Registry } from ${JSON.stringify(require.resolve('prom-client'))};
  export function createApp() {
    const app = express();
    app.get('/', (_req, res) => { res.send('hello'); });
    ${before}
    return { app, ${hooks} };
  }`;

async function serveMade(hooks: string, { before, ...env }: Record<string, string> = {}): Promise<Running> {
  project.replaceService(made(hooks, before));
  return serve(env);
}

/** A server that says back what it hears. */
const echo = `attach: (server) => {
  new WebSocketServer({ server, path: '/socket' }).on('connection', (socket) => {
    socket.on('message', (message) => { socket.send(String(message)); });
  });
}`;

const url = (path: string) => `ws://127.0.0.1:${String(port)}${path}`;

async function open(path = '/socket'): Promise<WebSocket> {
  const socket = new WebSocket(url(path));
  await once(socket, 'open');
  return socket;
}

/** The code with which each is closed. */
const codesOf = (sockets: WebSocket[]) =>
  Promise.all(sockets.map(async (socket) => ((await once(socket, 'close')) as [number])[0]));

const requests = (server: Running) => logOf(server).filter(({ msg }) => msg === 'request');

describe('attach()', () => {
  test('has WebSockets served beside the app, and logged when they end', async () => {
    const server = await serveMade(echo, { WORKERS: '1' });
    const socket = await open();
    socket.send('there');
    expect(String(((await once(socket, 'message')) as [Buffer])[0])).toBe('there');
    expect((await get()).body).toBe('hello');
    await eventually(async () => (await metrics('http_requests_in_flight'))[0] === 1 || undefined);
    socket.close(4000);
    await once(socket, 'close');
    await server.line(/"\/socket".*"status":101/);
    // Refused by ws itself, which writes the answer past the response.
    await expect(open('/elsewhere')).rejects.toThrow('400');
    await server.line(/"\/elsewhere".*"status":400/);
    expect(requests(server).map(({ aborted }) => aborted)).toEqual([undefined, undefined, undefined]);
  });

  test.each(['SIGHUP', 'SIGTERM'] as const)('%s closes each of 200 WebSockets with 1001', async (signal) => {
    const server = await serveMade(echo, { RELOAD_MERCY: '3600', GRACE: '3600' });
    const sockets = await Promise.all(Array.from({ length: 200 }, () => open()));
    const closed = codesOf(sockets);
    server.kill(signal);
    expect(new Set(await closed)).toEqual(new Set([1001]));
    if (signal === 'SIGHUP') {
      await server.line(/reload ended/);
      server.kill('SIGTERM');
    }
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.output()).not.toMatch(/ending|aborted/);
  });

  const upgrade =
    'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

  test('a WebSocket whose client does not read holds nothing up', async () => {
    const server = await serveMade(
      `attach: (server) => {
        new WebSocketServer({ server }).on('connection', (socket) => {
          for (let count = 0; count < 200; count += 1) socket.send(Buffer.alloc(100_000));
          console.log('sent');
        });
      }, close: () => console.log('closed')`,
      { GRACE: '3600', WORKERS: '1' },
    );
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write(`GET / HTTP/1.1\r\n${upgrade}`);
    await server.line(/^sent$/);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.output()).toContain('closed\n');
    socket.destroy();
  });

  test.each([
    ['the whole of a frame that is passed on comes a goodbye', '\\x82\\x03abc', '\x88\x02\x03\xe9'],
    ['a part of a frame that is passed on comes none', '\\x82\\x03ab', ''],
  ])('behind %s', async (_, sent, goodbye) => {
    const server = await serveMade(
      `attach: (server) => server.on('upgrade', (_req, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n');
        socket.write('${sent}', 'latin1');
        console.log('sent');
      })`,
      { WORKERS: '1' },
    );
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write(`GET / HTTP/1.1\r\n${upgrade}`);
    const received = text(socket);
    await server.line(/^sent$/);
    server.kill('SIGTERM');
    expect((await received).split('\r\n\r\n')[1]?.replace(/^\x82\x03abc?/, '')).toBe(goodbye);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('of what it does not answer, the server says 503, and 500 where it throws', async () => {
    const server = await serveMade(
      `attach: (server) => server.on('upgrade', (req) => { if (req.url === '/throws') throw new Error('secret'); })`,
      { REQUEST_TIMEOUT: '1', WORKERS: '1' },
    );
    const ask = (path: string, more = '') =>
      raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`);
    expect(await ask('/throws')).toMatch(/^HTTP\/1\.1 500 /);
    expect(await ask('/never')).toMatch(/^HTTP\/1\.1 503 /);
    expect(await ask('/two-hosts', 'Host: y\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    await server.line(/request failed/);
    await server.line(/no answer within REQUEST_TIMEOUT=1 s/);
    expect((await get()).body).toBe('hello');
    expect((await workers())[0]?.respawn_count).toBe(1);
  });

  test('an upgrade behind a request in flight does not mix with its answer', async () => {
    await serveMade(echo, {
      WORKERS: '1',
      before: `app.get('/slow', (_req, res) => setTimeout(() => res.send('slow'), 50));`,
    });
    const answers = await raw(
      'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n' +
        'GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
  });

  test.each(['polling', 'websocket'] as const)('socket.io works by %s, and its end is heard of', async (transport) => {
    const server = await serveMade(
      `attach: (server) => {
         sockets.attach(server);
         sockets.on('connection', (socket) => socket.on('say', (what, then) => then(what)));
       },
       drain: () => sockets.close()`,
      { WORKERS: '1', before: 'const sockets = new SocketServer();' },
    );
    const socket: Socket = io(`http://127.0.0.1:${String(port)}`, { transports: [transport], reconnection: false });
    expect(await socket.emitWithAck('say', 'there')).toBe('there');
    const left = new Promise((resolve) => socket.on('disconnect', resolve));
    server.kill('SIGTERM');
    expect(await left).toMatch(/transport|server/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    const lines = requests(server).filter(({ path }) => path === '/socket.io/');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.map(({ id }) => typeof id)).not.toContain('undefined');
    socket.disconnect();
  });

  test('that fails keeps the service from starting, which then closes', async () => {
    project.replaceService(
      made(`attach: () => { throw new Error('no sockets'); }, close: () => console.log('closed')`),
    );
    const server = start();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toMatch(/The server could not start: Error: no sockets\n +at /);
    expect(server.output()).toContain('closed\n');
  });

  test('that fails is the reason, also where close() hangs then', async () => {
    project.replaceService(
      made(`attach: () => { throw new Error('no sockets'); }, close: () => new Promise(() => undefined)`),
    );
    const server = start({ START_TIMEOUT: '2', WORKERS: '1' });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toContain('The server could not start: Error: no sockets\n');
  });

  test('that ends while the server stops does not make it serve', async () => {
    project.replaceService(
      made(
        `attach: async (server) => {
           server.on('listening', () => { console.log('listening'); });
           console.log('attaching');
           while (!isClosing) await new Promise((resolve) => setTimeout(resolve, 10));
         },
         close: async () => {
           isClosing = true;
           await new Promise((resolve) => setTimeout(resolve, 500));
         }`,
        'let isClosing = false;',
      ),
    );
    const server = start({ WORKERS: '1' });
    await server.line(/attaching/);
    server.kill('SIGTERM');
    expect(await server.exited).toMatchObject({ signal: null });
    expect(server.output()).not.toContain('listening');
  });
});

describe('ready()', () => {
  const says = `ready: () => {
    const state = readFileSync('state', 'utf8');
    if (state === 'throws') throw new Error('secret');
    if (state === 'hangs') return new Promise(() => undefined);
    return state !== 'false';
  }`;
  const say = (state: string) => {
    writeFileSync(join(project.dir, 'state'), state);
  };

  test('decides on /readyz, without a word to the client, and with one in the log at each change', async () => {
    say('true');
    const server = await serveMade(says, { WORKERS: '1' });
    const becomes = (status: number) =>
      eventually(async () => {
        const answer = await get('/readyz');
        return answer.status === status ? answer.body : undefined;
      });
    expect(await becomes(200)).toBe('ok\n');
    for (const state of ['false', 'throws', 'hangs']) {
      say(state);
      expect(await becomes(503)).toBe('not ready\n');
      expect((await get('/livez')).status).toBe(200);
      expect((await get()).status).toBe(200);
      say('true');
      expect(await becomes(200)).toBe('ok\n');
    }
    server.kill('SIGTERM');
    await server.closed;
    const changes = logOf(server).filter(({ msg }) => String(msg).includes('ready') && msg !== 'ready');
    expect(changes.map(({ msg, reason }) => reason ?? msg)).toEqual([
      'ready() returned false',
      'ready again',
      'ready() failed',
      'ready again',
      'ready() took longer than 900 ms',
      'ready again',
    ]);
  });

  test('is asked once a second, however often /readyz is', async () => {
    const server = await serveMade(`ready: () => { console.log('asked'); }`, { WORKERS: '1' });
    const begin = performance.now();
    for (let count = 0; count < 50; count += 1) await get('/readyz');
    const seconds = (performance.now() - begin) / 1000;
    expect(server.output().match(/asked/g)?.length).toBeLessThanOrEqual(1 + seconds);
    expect(server.output()).toContain('asked');
  });
});

describe('drain() and close()', () => {
  const hooks = `drain: () => { console.log('drain'); }, close: async () => { console.log('close'); await null; console.log('closed'); }`;
  const said = (server: Running) => server.output().match(/^(?:drain|close|closed|answered)$/gm);

  test('run at the beginning and at the end of a stop', async () => {
    const server = await serveMade(hooks, {
      WORKERS: '1',
      before: `app.get('/slow', (_req, res) => {
        console.log('slow is in flight');
        process.on('message', ({ type }) => type === 'drain' && setTimeout(() => { console.log('answered'); res.send('done'); }, 50));
      });`,
    });
    const answer = get('/slow');
    await server.line(/slow is in flight/);
    server.kill('SIGTERM');
    expect((await answer).body).toBe('done');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.closed;
    expect(said(server)).toEqual(['drain', 'answered', 'close', 'closed']);
  });

  test('run at a reload, and where a worker is replaced for an uncaught exception', async () => {
    const server = await serveMade(hooks, {
      WORKERS: '1',
      before: `app.get('/fails', (_req, res) => { res.send('failing'); setTimeout(() => { throw new Error('uncaught'); }); });`,
    });
    server.kill('SIGHUP');
    await server.line(/reload ended/);
    expect(said(server)).toEqual(['drain', 'close', 'closed']);
    await get('/fails');
    await eventually(() => said(server)?.length === 6 || undefined);
    await eventually(async () => (await workers())[0]?.respawn_count === 3 || undefined);
  });

  test('that fail are logged; a failure to close shows in the exit code', async () => {
    const server = await serveMade(
      `drain: () => Promise.reject(new Error('no goodbye')), close: () => { throw new Error('not closed'); }`,
      { WORKERS: '1' },
    );
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const errors = logOf(server).filter(({ level }) => level === 'error');
    expect(errors.map(({ msg, err }) => [msg, (err as Error).message])).toEqual([
      ['drain() failed', 'no goodbye'],
      ['close() failed', 'not closed'],
    ]);
  });

  test('close() has until GRACE', async () => {
    const server = await serveMade('close: () => new Promise(() => setInterval(() => undefined, 1000))', {
      WORKERS: '1',
      GRACE: '1',
    });
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toContain('ending close() after GRACE=1 s');
  });
});

describe('metrics', () => {
  const registry = `
    const register = new Registry();
    const sold = new Counter({ name: 'orders_sold_total', help: 'Sold.', labelNames: ['kind'], registers: [register] });
    const took = new Histogram({ name: 'orders_took_seconds', help: 'Took.', buckets: [1], registers: [register] });
    const worst = new Gauge({ name: 'orders_worst', help: 'Worst.', aggregator: 'max', registers: [register] });
    const odd = new Gauge({ name: 'orders_odd', help: 'Odd.', aggregator: 'first', registers: [register] });
    odd.set(NaN);
    worst.set(Number(process.env.WORKER_SLOT));
    app.get('/sell', (_req, res) => { sold.inc({ kind: 'a "b"' }); took.observe(0.5); res.send(String(process.pid)); });`;

  test('are added up over the workers, and counters outlive them', async () => {
    const server = await serveMade('metrics: register', { before: registry });
    const sell = async (count: number) => {
      for (let sale = 0; sale < count; sale += 1) await get('/sell');
    };
    const becomes = (sold: number) =>
      eventually(async () => {
        const [value = 0] = await metrics('orders_sold_total{kind="a \\"b\\""}');
        return value === sold || undefined;
      });
    await sell(7);
    await becomes(7);
    expect(await metrics('orders_worst')).toEqual([2]);
    expect(await metrics('orders_odd')).toEqual([NaN]);
    // Which has been heard of: what is not heard of is lost with a worker.
    for (const { pid } of await workers()) process.kill(pid, 'SIGKILL');
    await eventually(async () => (await workers()).every(({ respawn_count: count }) => count === 2) || undefined);
    expect(await metrics('orders_sold_total')).toEqual([7]);
    await eventually(async () => (await workers()).every(({ accepting }) => accepting === 1) || undefined);
    await sell(3);
    // At a drain, also what a worker has counted last.
    server.kill('SIGHUP');
    await server.line(/reload ended/);
    expect(await metrics('orders_sold_total')).toEqual([10]);
    expect(await metrics('orders_took_seconds_bucket')).toEqual([10, 10]);
    expect(await metrics('orders_took_seconds_sum')).toEqual([5]);
    await eventually(async () => (await metrics('orders_worst'))[0] === 2 || undefined);
  });

  test("of a name that is the server's own is an error that names it", async () => {
    project.replaceService(
      made(
        'metrics: register',
        `const register = new Registry();
         new Counter({ name: 'http_request_timeouts_total', help: 'Mine.', registers: [register] });
         new Counter({ name: 'process_cpu_seconds_total', help: 'Mine.', registers: [register] });`,
      ),
    );
    const server = start();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toContain(
      "The server could not start: the service's metrics cannot be published: http_request_timeouts_total is a name of " +
        "the server's own; process_cpu_seconds_total is a name of the server's own\n",
    );
  });

  test('that cannot be collected are said once, and nothing else is lost', async () => {
    const server = await serveMade('metrics: register', {
      WORKERS: '1',
      before: `${registry}
        let asked = 0;
        new Gauge({ name: 'orders_fails', help: 'Fails.', registers: [register], collect() {
          asked += 1;
          if (asked === 2) console.log('collected again');
          if (asked > 1) throw new Error('no gauge');
        } });`,
    });
    await server.line(/collected again/);
    await server.line(/cannot all be reported/);
    expect((await get()).body).toBe('hello');
    expect(await metrics('uwsgi_worker_accepting')).toEqual([1]);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.output().match(/cannot all be reported/g)).toHaveLength(1);
  });
});
