import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { createServer, type Observer } from '../../src/http/server';
import { pathOf } from '../../src/http/access-log';
import { config, log, observe } from './observer';

/** The server around a service with one route of each kind that ends badly. */
function serve(options: { showTraces?: boolean; ready?: boolean; observer?: Observer } = {}) {
  const app = express();
  app.get('/', (_req, res) => {
    res.send('hello');
  });
  app.get('/throws', (_req, res) => {
    res.set('ETag', '"1"');
    throw new Error('secret');
  });
  app.get('/rejects', () => Promise.reject(new Error('secret')));
  app.get('/half', (_req, res) => {
    res.write('half');
    throw new Error('secret');
  });
  const { showTraces = false, ready = true, observer } = options;
  return request(
    createServer(app, {
      config: { ...config, mode: showTraces ? ('development' as const) : ('production' as const) },
      log,
      isDraining: () => !ready,
      ...(observer && { observer }),
    }),
  );
}

/** The answer where a handler ends so. */
async function ending(handler: RequestHandler) {
  return request(createServer(express().get('/', handler), { config, log }))
    .get('/')
    .timeout(10_000);
}

describe('health', () => {
  test('/livez and /readyz answer 200', async () => {
    expect((await serve().get('/livez')).text).toBe('ok\n');
    expect((await serve().get('/readyz?x=1')).text).toBe('ok\n');
    expect((await serve().head('/readyz')).status).toBe(200);
  });

  test('while draining, /readyz is 503 and /livez is not', async () => {
    const server = serve({ ready: false });
    const readyz = await server.get('/readyz');
    expect([readyz.status, readyz.text]).toEqual([503, 'draining\n']);
    expect((await server.get('/livez')).status).toBe(200);
  });

  test('is not a request to the service', async () => {
    const { observer, outcomes, ended } = observe();
    const server = serve({ observer });
    await server.get('/readyz');
    expect([observer.onRequest.mock.calls.length, outcomes.length]).toEqual([0, 0]);
    await server.get('/');
    await ended(1);
    expect([observer.onRequest.mock.calls.length, outcomes.length]).toEqual([1, 1]);
  });
});

describe('unhandled', () => {
  test('an unknown path is 404, in text', async () => {
    const response = await serve().get('/nope');
    expect([response.status, response.type, response.text]).toEqual([404, 'text/plain', '404 Not Found\n']);
  });

  test('in JSON where that is asked for', async () => {
    const response = await serve().get('/nope').set('Accept', 'application/json');
    expect([response.status, response.type]).toEqual([404, 'application/json']);
    expect(response.body).toEqual({ status: 404, error: 'Not Found' });
  });

  test.each(['delete', 'post', 'put', 'patch'] as const)('%s of a path that only has GET is 404', async (method) => {
    expect((await serve()[method]('/')).status).toBe(404);
  });

  test.each(['/throws', '/rejects'])('%s is 500 without a word of the error', async (path) => {
    for (const type of ['text/plain', 'application/json']) {
      const response = await serve().get(path).set('Accept', type);
      expect([response.status, response.type]).toEqual([500, type]);
      expect(response.text).not.toMatch(/secret|at /);
      expect(response.headers).not.toHaveProperty('etag');
    }
  });

  test('what was set before for every answer stays, and what describes another body does not', async () => {
    const response = await ending((_req, res) => {
      res.set({ 'Access-Control-Allow-Origin': '*', 'Set-Cookie': 'a=b', 'X-Frame-Options': 'DENY' });
      res.set({ 'Content-Encoding': 'gzip', 'Content-Disposition': 'attachment', 'Content-Type': 'image/png' });
      throw new Error('secret');
    });
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'set-cookie': ['a=b'],
      'x-frame-options': 'DENY',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(response.headers).not.toHaveProperty('content-encoding');
    expect(response.headers).not.toHaveProperty('content-disposition');
  });

  test('traces are shown where they may be, with lines of the .ts source', async () => {
    const response = await serve({ showTraces: true }).get('/throws');
    expect(response.text).toMatch(
      /^500 Internal Server Error\nRequest ID: .+\n\nError: secret\n +at .*http\.test\.ts:\d+/,
    );
  });

  test.each([
    ['status', { status: 410 }],
    ['statusCode', { statusCode: 410 }],
  ])('an error may bring a %s, and headers with it', async (_, more) => {
    const response = await ending((_req, _res, next) => {
      next(Object.assign(new Error('secret'), more, { headers: { 'Retry-After': '9' } }));
    });
    expect([response.status, response.headers['retry-after']]).toEqual([410, '9']);
  });

  test("how another server's answer was framed is not said of this one", async () => {
    const headers = {
      'Transfer-Encoding': 'chunked',
      'content-length': '1',
      'Content-Encoding': 'gzip',
      'X-Other': '1',
    };
    const response = await ending((_req, _res, next) => {
      next(Object.assign(new Error('upstream'), { status: 502, headers }));
    });
    expect(response.text).toMatch(/^502 Bad Gateway\n/);
    expect(response.headers).toMatchObject({ 'x-other': '1', 'content-length': String(response.text.length) });
    expect(response.headers).not.toHaveProperty('transfer-encoding');
  });

  test('an error keeps the status that the handler had set', async () => {
    const response = await ending((_req, res) => {
      res.status(401);
      throw new Error('secret');
    });
    expect(response.text).toBe('401 Unauthorized\n');
  });

  test.each([200, 99, 1000, 404.5, '404', null])('an error whose status is %j is 500', async (status) => {
    const response = await ending((_req, _res, next) => {
      next(Object.assign(new Error('secret'), { status }));
    });
    expect(response.status).toBe(500);
  });

  test.each([
    ['headers that cannot be sent', 400, { status: 400, headers: { a: Symbol('a') } }],
    [
      'a status that cannot be read',
      500,
      Object.defineProperty({}, 'status', {
        get: () => {
          throw new Error('gotcha');
        },
      }),
    ],
    ['no object at all', 500, 'oops'],
  ])('an error with %s is %d, and no end of the process', async (_, status, error: unknown) => {
    const response = await ending(async (_req, _res, next) => {
      await Promise.resolve();
      next(error);
    });
    expect(response.status).toBe(status);
  });

  test.each([null, undefined, 'router', 'route'])('next(%j) is no error, and 404', async (value) => {
    const response = await ending((_req, _res, next) => {
      next(value);
    });
    expect(response.status).toBe(404);
  });

  test('a broken percent-encoding is 400', async () => {
    const app = express();
    app.get('/:id', (_req, res) => res.send('never'));
    const server = createServer(app, { config, log });
    expect((await request(server).get('/%zz')).text).toBe('400 Bad Request\n');
  });

  test('an error in mid-answer cuts the connection', async () => {
    await expect(serve().get('/half')).rejects.toThrow('aborted');
  });
});

test('an error in mid-answer cuts the connection also where the request has been read', async () => {
  const app = express()
    .use(express.json())
    .post('/', (_req, res) => {
      res.write('half');
      throw new Error('secret');
    });
  await expect(request(createServer(app, { config, log })).post('/').send({ a: 1 })).rejects.toThrow('aborted');
});

describe('a Host', () => {
  test.each([
    ['a', 200],
    ['', 200],
    ['a:', 200],
    ['a.b-c_d~e:8080', 200],
    ['%c3%a4.example', 200],
    ["!$&'()*+,;=", 200],
    ['127.0.0.1:80', 200],
    ['[::1]:80', 200],
    ['[v1.a:b]', 200],
    ['a b', 400],
    ['a b/c?d', 400],
    ['a/b', 400],
    ['a?b', 400],
    ['a#b', 400],
    ['u@a', 400],
    ['a, b', 400],
    ['a:b', 400],
    ['a:1:2', 400],
    ['a%2', 400],
    ['a\u00e4', 400],
    ['::1', 400],
    ['[::1', 400],
    ['[1:2]', 400],
    ['[fe80::1%eth0]', 400],
    ['[::1]a', 400],
  ])('of %j is %d', async (host, status) => {
    expect((await serve().get('/').set('Host', host)).status).toBe(status);
  });

  test.each(['1.0', '1.1'])('that is said twice is 400, under HTTP/%s', async (version) => {
    const server = createServer(express(), { config, log }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`GET /livez HTTP/${version}\r\nHost: a\r\nhoSt: a\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [^]*Connection: close/);
    server.close();
  });
});

test('next() after an answer has begun leaves it alone', async () => {
  const response = await ending((_req, res, next) => {
    res.type('text').write('begun, ');
    next();
    // After Express has passed it on, which takes it one turn of the event loop.
    setImmediate(() => setImmediate(() => res.end('ended')));
  });
  expect(response.text).toBe('begun, ended');
});

test('a status message that cannot be sent is left out', async () => {
  const response = await ending((_req, res) => {
    res.statusMessage = 'é\n';
    res.send('never');
  });
  expect(response.status).toBe(500);
});

test('an error after the answer does not take it back', async () => {
  const whole = 'x'.repeat(8 * 1024 * 1024);
  const response = await ending((_req, res) => {
    res.type('text').end(whole);
    throw new Error('too late');
  });
  expect(response.text).toHaveLength(whole.length);
});

test('the server does not say what it is made of', async () => {
  expect((await serve().get('/')).headers).not.toHaveProperty('x-powered-by');
});

test.each([
  ['/a/b?token=1', '/a/b'],
  ['/?', '/'],
  ['*', '*'],
  ['http://user:secret@host/a?token=1', '/a'],
  ['http://user:secret@host', ''],
  ['/a#secret', '/a'],
  ['//user:secret@host/a', '//user:secret@host/a'],
  ['/a', '/mount/a', '/mount/a'],
])('the path of %j is %j', (url, expected, originalUrl = '') => {
  expect(pathOf({ url, originalUrl })).toBe(expected);
});
