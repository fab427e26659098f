import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '../../harness/eventually';
import { get, logOf, port, raw, serve, useServer, workers } from '../../harness/server';

useServer();

test('an unknown method is a short 404, in text or JSON', async () => {
  await serve();
  expect(await raw(`BREW / HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 404 Not Found\r\n[^]*text\/plain[^]*\r\n\r\n404 Not Found\n$/,
  );
  expect(await raw(`BREW / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n`)).toMatch(
    /application\/json[^]*\r\n\r\n\{"status":404,"error":"Not Found"\}\n$/,
  );
});

const post = 'POST / HTTP/1.1\r\nHost: x\r\n';

test.each([
  ['bytes that are no HTTP', '\x16\x03\x01\r\n\r\n', 400],
  ['a lower-case method', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a length and Transfer-Encoding', `${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
  ['two lengths', `${post}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
  ['a bare LF', 'GET / HTTP/1.1\nHost: x\n\n', 400],
  ['a bare LF between headers', 'GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n', 400],
  ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a b/c?d\r\n\r\n', 400],
  ['1100 headers', `${post}${'a: b\r\n'.repeat(1100)}Content-Length: 20000000\r\n\r\n`, 431],
  ['1100 trailers', `${post}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(1100)}\r\n`, 431],
  ['a broken chunk', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['17 KB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ['a body over the limit by its length', `${post}Content-Length: 1048577\r\nConnection: close\r\n\r\n`, 413],
])('%s', async (_, bytes, status) => {
  // No route has a parameter here: one that had would make a broken percent-encoding a 400 (test/unit/http.test.ts).
  await serve({}, `app.post('/', (req, res) => { req.resume().on('end', () => res.send('read')); });`);
  expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
  expect((await get()).status).toBe(404);
});

test('what Node would refuse by itself has a request id and a line in the log, too', async () => {
  const server = await serve();
  expect(await raw('GET /hostless HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*X-Request-Id/);
  await server.line(/"path":"\/hostless","status":400/);
  expect(await raw('GET / HTTP/1.1\r\nHost: x\r\nExpect: much\r\n\r\n')).toMatch(/^HTTP\/1\.1 417 [^]*X-Request-Id/);
  await server.line(/"path":"\/","status":417/);
  expect(await raw('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /);
  await server.line(/"status":404,"code":"CONNECT"/);
  expect(await raw('GET http://joe:secret@h:x/p HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  await server.line(/"path":"\/p","status":400/);
  expect(server.output()).not.toContain('secret');
});

test('a client that waits to be told to send its body is told so, unless the body is too large', async () => {
  await serve({}, `app.post('/', (req, res) => { req.resume().on('end', () => res.send('read')); });`);
  const waiting = `${post}Expect: 100-continue\r\nConnection: close\r\n`;
  expect(await raw(`${waiting}Content-Length: 1048577\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 [^]*Connection: close/);
  expect(await raw(`${waiting}Content-Length: 1\r\n\r\nx`)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

/** Sends a body in chunks, of which nobody knows beforehand how many will come. */
const chunked = (sizes: number[]) =>
  raw(
    `${post}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n` +
      [...sizes, 0].map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`).join(''),
  );

test('a body over MAX_BODY_SIZE that has no length is cut, and the service never takes it for whole', async () => {
  const server = await serve(
    { MAX_BODY_SIZE: '5000' },
    `app.post('/', (req, res) => {
       req.resume().on('end', () => { console.log('whole'); res.send('read'); });
       req.on('close', () => { console.log('closed'); });
     });`,
  );
  expect(await chunked([4000, 4000])).toMatch(/^HTTP\/1\.1 413 /);
  const line = await server.line(/"status":413.*"request"/);
  expect(line.input).not.toContain('aborted');
  await server.line(/closed/);
  expect(server.output()).not.toContain('whole');
  expect(await chunked([2500, 2500])).toMatch(/^HTTP\/1\.1 200 /);
});

test('MAX_HEADER_SIZE moves the limit', async () => {
  await serve({ MAX_HEADER_SIZE: '2048' });
  expect((await get('/', { headers: { 'X-Long': 'x'.repeat(3000) } })).status).toBe(431);
  expect((await get('/', { headers: { 'X-Long': 'x'.repeat(1000) } })).status).toBe(200);
});

test('broken bytes behind requests are answered after them, and are in the log', async () => {
  const server = await serve(
    {},
    `app.get('/', (_req, res) => { res.write('begun'); setTimeout(() => res.end('whole'), 500); });`,
  );
  const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  expect(await raw(`${get}${get}BREW / HTTP/1.1\r\nHost: x\r\n\r\n${get}`)).toMatch(
    /^(?:HTTP\/1\.1 200 [^]*begun[^]*whole[^]*){2}HTTP\/1\.1 404 [^]*Connection: close[^]*404 Not Found\n$/,
  );
  await server.line(/"status":404,"code":"HPE_INVALID_METHOD"/);
  await eventually(() => {
    expect(logOf(server).filter(({ status }) => status === 200)).toHaveLength(2);
    return true;
  });
});

test.each([
  ['a broken body', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 404],
])('%s that is pipelined behind a request is answered in its turn', async (_, bytes, status) => {
  await serve(
    {},
    `app.get('/', (_req, res) => { setTimeout(() => res.send('whole'), 500); });
    app.post('/', (req) => { req.resume(); });`,
  );
  expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${bytes}`)).toMatch(
    new RegExp(`^HTTP/1\\.1 200 [^]*whole[^]*HTTP/1\\.1 ${String(status)} `),
  );
});

test.each([
  ['half a head', 'GET / HTTP/1.1\r\nHost:', /"status":408,"code":"ERR_HTTP_REQUEST_TIMEOUT"/],
  ['half a body', `${post}Content-Length: 10\r\n\r\nxxxxx`, /"method":"POST","path":"\/","status":408/],
])('a client that sends %s is answered 408 in time', async (_, bytes, line) => {
  const server = await serve(
    { HEADERS_TIMEOUT: '1', RECEIVE_TIMEOUT: '2' },
    `app.post('/', (req, res) => { req.resume().on('end', () => res.send('read')); });`,
  );
  expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 408 /);
  await server.line(line);
});

test('200 connections that drip a byte at a time are ended, and keep nobody else waiting', async () => {
  const server = await serve({ WORKERS: '1', HEADERS_TIMEOUT: '2' });
  const head = Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(1000)}`);
  // Who still sends when the answer comes may see a reset in its place: what was answered is in the log.
  const dripping = Array.from({ length: 200 }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .resume(),
  );
  let open = dripping.length;
  for (const socket of dripping) socket.once('close', () => (open -= 1));
  await Promise.all(dripping.map((socket) => once(socket, 'connect')));
  let at = 0;
  const drip = setInterval(() => {
    for (const socket of dripping) if (socket.writable) socket.write(head.subarray(at, at + 1));
    at += 1;
  }, 20);
  let answered = 0;
  try {
    while (open > 0) {
      expect(await get()).toMatchObject({ status: 200 });
      answered += 1;
    }
  } finally {
    clearInterval(drip);
  }
  expect(answered).toBeGreaterThan(50);
  await eventually(() => {
    expect(logOf(server).filter(({ status }) => status === 408)).toHaveLength(200);
    return true;
  });
});

describe('a client that leaves', () => {
  /** Sees the worker idle again, with so many requests counted. */
  const counted = (requests: number) =>
    eventually(async () => {
      expect(await workers()).toMatchObject([{ requests, status: 'idle' }]);
      return true;
    });

  test('before its answer is counted and logged, and its request does not linger', async () => {
    const server = await serve({ WORKERS: '1' }, `app.get('/', () => { console.log('in flight'); });`);
    const sent = request({ host: '127.0.0.1', port, agent: false }).on('error', () => undefined);
    sent.end();
    await server.line(/in flight/);
    sent.destroy();
    await server.line(/"path":"\/".*"aborted":true,"msg":"request"/);
    await counted(1);
  });

  test('in the middle of its body is counted, and the service learns of it', async () => {
    const server = await serve(
      { WORKERS: '1' },
      `app.post('/', (req) => { req.resume().on('close', () => { console.log('left, whole:', req.complete); }); });`,
    );
    const socket = connect(port, '127.0.0.1');
    socket.write(`${post}Content-Length: 10\r\n\r\n{`);
    await eventually(async () => (await workers())[0]?.status === 'busy' || undefined);
    socket.destroy();
    await server.line(/left, whole: false/);
    await server.line(/"path":"\/".*"msg":"request"/);
    await counted(1);
  });

  test('with requests queued behind the one that is answered: each is counted', async () => {
    const server = await serve({ WORKERS: '1' }, `app.get('/', () => { console.log('in flight'); });`);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(15));
    await eventually(() => server.output().split('in flight\n').length === 16 || undefined);
    socket.destroy();
    await counted(15);
    expect(logOf(server).filter(({ aborted }) => aborted)).toHaveLength(15);
    expect(server.output()).not.toContain('Warning');
  });
});

test('an idle connection is closed after KEEP_ALIVE_TIMEOUT', async () => {
  await serve({ KEEP_ALIVE_TIMEOUT: '1' });
  const agent = new Agent({ keepAlive: true });
  const sent = request({ host: '127.0.0.1', port, agent }).end();
  const [socket] = (await once(sent, 'socket')) as [Socket];
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { headers: Record<string, string> }];
  expect(response.headers['keep-alive']).toBe('timeout=1');
  await text(response);
  await once(socket, 'close');
});
