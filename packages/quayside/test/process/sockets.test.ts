// What attach() adds to a service: WebSockets, and requests that a library answers beside the app.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from '../../harness/eventually';
import { get, logOf, metrics, port, project, raw, start, useServer, workers } from '../../harness/server';
import { made, serveMade } from '../../harness/service';
import type { Running } from '../../harness/run';

useServer();

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
