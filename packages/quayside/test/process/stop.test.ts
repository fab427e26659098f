import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { eventually } from '../../harness/eventually';
import { fetch } from '../../harness/fetch';
import {
  gated,
  logOf,
  openGate,
  port,
  project,
  raw,
  serve,
  slow,
  start,
  statsPort,
  useServer,
} from '../../harness/server';

useServer();

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

  test('after all requests that were pipelined on one connection', async () => {
    const server = await serve({ WORKERS: '1' }, slow);
    const answers = raw('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    await server.line(/(slow is in flight[^]*){2}/);
    server.kill('SIGTERM');
    expect(await answers).toMatch(/done[^]*Connection: close[^]*done$/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('after an answer that was ready before the one that it is queued behind', async () => {
    const server = await serve({ WORKERS: '1' }, `${slow} app.get('/quick', (_req, res) => res.send('quick'));`);
    const answers = raw('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /quick HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.line(/slow is in flight/);
    server.kill('SIGTERM');
    expect(await answers).toMatch(/done[^]*quick$/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('after requests that are pipelined while it drains', async () => {
    const server = await serve(
      { WORKERS: '1' },
      `process.on('message', ({ type }) => type === 'drain' && console.log('draining'));
       app.get('/', (_req, res) => { console.log('asked'); setTimeout(() => res.send('done'), 200); });`,
    );
    const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    const socket = connect(port, '127.0.0.1');
    socket.write(get);
    await server.line(/asked/);
    server.kill('SIGTERM');
    await server.line(/draining/);
    socket.write(get.repeat(2));
    expect((await text(socket)).match(/done/g)).toHaveLength(3);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('after a client that leaves last, whose request is in the log', async () => {
    const server = await serve({ WORKERS: '1' }, `app.get('/', () => { console.log('asked'); });`);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.line(/asked/);
    server.kill('SIGTERM');
    await server.line(/"stopping"/);
    await eventually(() =>
      fetch(port, '/livez').then(
        () => undefined,
        () => true,
      ),
    );
    socket.destroy();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.closed;
    expect(server.output()).toMatch(/"aborted":true,"msg":"request"/);
  });

  test('and a worker that comes up meanwhile says that it is not ready', async () => {
    project.replaceService(gated);
    const server = start({ WORKERS: '1', DRAIN_DELAY: '3' });
    await server.line(/starting/);
    server.kill('SIGTERM');
    await server.line(/"stopping"/);
    openGate();
    expect((await eventually(() => fetch(port, '/readyz'))).status).toBe(503);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('after a request that comes on an idle connection just when that is closed', async () => {
    // The worker is busy while the time of idle connections runs out; the request comes meanwhile, and waits to be read.
    const server = await serve(
      { WORKERS: '1' },
      `const block = () => {
         console.log('busy');
         for (const end = Date.now() + 1500; Date.now() < end; );
       };
       // Right before the event loop's timers.
       process.on('message', ({ type }) => type === 'drain' && setTimeout(() => setImmediate(block), 50));
       app.get('/', (_req, res) => { res.send('ok'); });`,
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await fetch(port, '/', { agent });
    server.kill('SIGTERM');
    await server.line(/busy/);
    expect(await fetch(port, '/', { agent })).toMatchObject({ body: 'ok', headers: { connection: 'close' } });
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('after an answer that a slow client has not yet read', async () => {
    const size = 30_000_000;
    // Long enough for a client that a busy machine makes slower still.
    const server = await serve(
      { GRACE: '60' },
      `app.get('/', (_req, res) => { res.send(Buffer.alloc(${String(size)})); });`,
    );
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

  test('after all answers, when it ends the connections that the service has taken for itself', async () => {
    // Each holds its connection open as long as the client does.
    const server = await serve(
      { WORKERS: '1', GRACE: '60', REQUEST_TIMEOUT: '1' },
      `${slow}
       const { WebSocketServer } = require(${JSON.stringify(require.resolve('ws'))});
       const webSockets = new WebSocketServer({ noServer: true });
       app.get('/socket', (req) => {
         webSockets.handleUpgrade(req, req.socket, Buffer.alloc(0), (webSocket) => {
           webSocket.on('message', (message) => { webSocket.send(String(message)); });
         });
       });
       app.get('/raw', ({ socket }, res) => {
         res.detachSocket(socket);
         socket.write('raw');
       });`,
    );
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/socket`);
    await once(socket, 'open');
    const left = connect(port, '127.0.0.1');
    left.write('GET /raw HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(left, 'data');
    const answer = fetch(port, '/slow');
    await server.line(/slow is in flight/);
    server.kill('SIGTERM');
    expect(await answer).toMatchObject({ body: 'done' });
    // Not before all else is answered.
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.send('still there');
    expect(String(((await once(socket, 'message')) as [Buffer])[0])).toBe('still there');
    await Promise.all([once(socket, 'close'), once(left, 'close')]);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.closed;
    const lines = logOf(server).filter(({ msg }) => msg === 'request');
    expect(lines).toContainEqual(expect.objectContaining({ path: '/socket', status: 101 }));
    expect(lines).toContainEqual(expect.objectContaining({ path: '/raw', status: 200 }));
    expect(server.output()).not.toMatch(/aborted|no answer|no request/);
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

  test('while a client whose request was refused does not end its side', async () => {
    const server = await serve({ GRACE: '3' });
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.write('no request\r\n\r\n');
    await once(client, 'data');
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    client.destroy();
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

  test('after DRAIN_DELAY, during which new connections are taken and /readyz tells to make no more', async () => {
    const server = await serve({ DRAIN_DELAY: '2' });
    server.kill('SIGTERM');
    await eventually(async () => (await fetch(port, '/readyz')).status === 503 || undefined);
    expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    expect((await fetch(port, '/livez')).status).toBe(200);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await expect(fetch(port)).rejects.toThrow('ECONNREFUSED');
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
