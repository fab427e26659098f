import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import { fetch } from '../../harness/fetch';
import { serve } from './observer';

const hello = express().get('/', (_req, res) => {
  res.send('hello');
});

const CHUNKED_END = '0\r\n\r\n';

/** Sends a request by hand, and reads until its answer ends so. */
async function exchange(socket: Socket, path: string, end: string): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  let answer = '';
  while (!answer.endsWith(end)) answer += String((await once(socket, 'data'))[0]);
  return answer;
}

test('bytes are those on the wire, of each answer on a connection, and of no health check', async () => {
  const { port, observer, ended } = await serve(hello);
  const socket = connect(port, '127.0.0.1');
  await exchange(socket, '/livez', CHUNKED_END);
  const first = await exchange(socket, '/', 'hello');
  await exchange(socket, '/livez', CHUNKED_END);
  await exchange(socket, '/readyz', CHUNKED_END);
  const second = await exchange(socket, '/nope', '404 Not Found\n');
  const outcomes = await ended(2);
  expect(outcomes.map(({ bytes }) => bytes)).toEqual([first.length, second.length]);
  expect(outcomes.map(({ status }) => status)).toEqual([200, 404]);
  expect(observer.onRequest).toHaveBeenCalledTimes(2);
  socket.destroy();
});

test('of requests sent together, no byte is counted twice, and none is left out', async () => {
  const { port, ended } = await serve(hello);
  const socket = connect(port, '127.0.0.1');
  const one = 'GET / HTTP/1.1\r\nHost: a\r\n';
  socket.write(`${one}\r\n${one}\r\n${one}Connection: close\r\n\r\n`);
  const { length } = await text(socket);
  expect((await ended(3)).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(length);
});

test('one that is answered whole is not cut', async () => {
  const { port, ended } = await serve(hello);
  await fetch(port);
  const [outcome] = await ended(1);
  expect(outcome).toMatchObject({ method: 'GET', route: '/', status: 200, cut: undefined });
  expect(outcome?.ms).toBeGreaterThan(0);
  expect(outcome?.ms).toBeLessThan(10_000);
});

test('an answer is cut where its client leaves', async () => {
  const app = express().get('/', (_req, res) => {
    res.write('half');
  });
  const { port, ended } = await serve(app);
  const socket = connect(port, '127.0.0.1');
  await exchange(socket, '/', 'half\r\n');
  socket.destroy();
  expect(await ended(1)).toMatchObject([{ status: 200, cut: 'answer' }]);
});

test('an answer is cut where the service fails in the middle of it', async () => {
  const app = express().get('/', (_req, res) => {
    res.write('half');
    throw new Error('secret');
  });
  const { port, observer, ended } = await serve(app);
  await expect(fetch(port)).rejects.toThrow('aborted');
  expect(await ended(1)).toMatchObject([{ cut: 'answer' }]);
  expect(observer.onException).toHaveBeenCalledTimes(1);
});

test('a request whose client leaves before it is whole is one that could not be read, once', async () => {
  const app = express().post('/', (req) => {
    req.resume();
  });
  const { port, observer, ended } = await serve(app);
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc', () => socket.destroy());
  const [outcome] = await ended(1);
  // The client's end may be seen before its connection is gone, and is then answered.
  expect(Number(outcome?.cut === 'request') + observer.onUnparsed.mock.calls.length).toBe(1);
});

test('of an answer that takes too long, the observer is told once', async () => {
  const app = express().get('/', () => undefined);
  const { port, observer, ended } = await serve(app, { REQUEST_TIMEOUT: 0.01 });
  await fetch(port);
  expect(await ended(1)).toMatchObject([{ route: '/', status: 503, cut: undefined }]);
  expect(observer.onTimeout).toHaveBeenCalledTimes(1);
  expect(observer.onException).not.toHaveBeenCalled();
});

test('each that takes too long is answered in its turn, behind those that have begun to answer', async () => {
  const app = express()
    .get('/begins', (_req, res) => {
      res.write('half');
    })
    .get('/', () => undefined);
  const { port, observer, ended } = await serve(app, { REQUEST_TIMEOUT: 0.05 });
  const begun = connect(port, '127.0.0.1');
  await exchange(begun, '/begins', 'half\r\n');
  const [first] = await Promise.all([fetch(port), fetch(port).then(() => fetch(port))]);
  expect(first.status).toBe(503);
  expect(await ended(3)).toMatchObject([{ status: 503 }, { status: 503 }, { status: 503 }]);
  expect(observer.onTimeout).toHaveBeenCalledTimes(3);
  begun.destroy();
});

test('one whose answer cannot be written does not keep others waiting, and the service still gets its error', async () => {
  const app = express()
    .get('/once', (_req, res) => {
      const writeHead = res.writeHead.bind(res);
      res.writeHead = () => {
        res.writeHead = writeHead;
        throw new Error('oops');
      };
    })
    .get('/never', (_req, res) => {
      res.end = () => {
        throw new Error('oops');
      };
    })
    .get('/', () => undefined);
  const { port, observer, ended } = await serve(app, { REQUEST_TIMEOUT: 0.05 });
  const [never, ...answers] = await Promise.allSettled([fetch(port, '/never'), fetch(port, '/once'), fetch(port)]);
  expect(never).toMatchObject({ reason: { code: 'ECONNRESET' } });
  expect(answers).toMatchObject([{ value: { status: 503 } }, { value: { status: 503 } }]);
  await ended(3);
  expect([observer.onTimeout, observer.onException].map(({ mock }) => mock.calls.length)).toEqual([3, 2]);
});

test('the end of an answer that is queued is told once, whether its turn has come or not', async () => {
  const closes: string[] = [];
  const waiting: (() => void)[] = [];
  const app = express().get('/:name', ({ params: { name } }, res) => {
    res.on('close', () => closes.push(name));
    if (name === 'slow') waiting.push(() => res.end('slow'));
    else res.write(name);
  });
  const { port, ended } = await serve(app);
  const socket = connect(port, '127.0.0.1');
  socket.write(['slow', 'turn', 'queued'].map((name) => `GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  while (waiting.length === 0) await new Promise(setImmediate);
  waiting[0]?.();
  let answers = '';
  while (!answers.includes('turn')) answers += String((await once(socket, 'data'))[0]);
  socket.destroy();
  await ended(3);
  // Any more than one each would come in the same turn.
  await new Promise(setImmediate);
  expect(closes.sort()).toEqual(['queued', 'slow', 'turn']);
});

test.each([
  [new Error('oops'), 1],
  [{ status: 503 }, 1],
  [{ status: 404 }, 0],
  [undefined, 0],
  [{ status: 500, headers: { a: Symbol('a') } }, 1],
  [{ status: 400, headers: { a: Symbol('a') } }, 0],
])('after next(%j), %d exception is counted', async (error, count) => {
  const app = express().get('/', (_req, _res, next) => {
    next(error);
  });
  const { port, observer, ended } = await serve(app);
  await fetch(port);
  await ended(1);
  expect(observer.onException).toHaveBeenCalledTimes(count);
});

test.each(['no request\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'])('%j is no request', async (bytes) => {
  const { port, observer, outcomes } = await serve(hello);
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  await text(socket);
  expect(observer.onUnparsed).toHaveBeenCalledTimes(1);
  expect(observer.onRequest).not.toHaveBeenCalled();
  expect(outcomes).toEqual([]);
});

test('a request whose body is broken is one that could not be read', async () => {
  const app = express().post('/', (req) => {
    req.resume();
  });
  const { port, observer, ended } = await serve(app);
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n');
  await text(socket);
  const [outcome] = await ended(1);
  expect(outcome).toMatchObject({ status: 400 });
  expect([outcome?.cut, observer.onUnparsed.mock.calls.length]).toEqual([undefined, 1]);
});
