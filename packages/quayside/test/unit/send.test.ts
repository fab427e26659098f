import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express, { type RequestHandler, type Response } from 'express';
import { serve } from './observer';

/** The bytes of an answer, without the headers that are the server's own. */
async function answerOf(port: number, method: string, headers: string[], path = '/'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  socket.write(
    [`${method} ${path} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n'),
    'latin1',
  );
  return (await text(socket)).replace(/^(?:date|x-request-id|x-powered-by): .*\r\n/gim, '');
}

let plain: Server | undefined;
afterEach(() => plain?.close());

/** Of hello, as Express makes it. */
const etag = `"5-${createHash('sha1').update('hello').digest('base64').slice(0, 27)}"`;
const send =
  (body: unknown): RequestHandler =>
  (_req, res) => {
    res.send(body);
  };

const handlers: Record<string, RequestHandler> = {
  'a string': send('hello'),
  'an empty string': send(''),
  'what is not ASCII': send('h\u00e9llo \u{1f40b}'),
  'half a surrogate pair': send('\ud83d'),
  'a long string': send('x'.repeat(100_000)),
  'a long string that is not ASCII': send('\u00e9'.repeat(100_000)),
  'a Buffer': send(Buffer.from('hello')),
  'an object': send({ a: 1 }),
  null: send(null),
  nothing: send(undefined),
  'another each time': (_req, res) => res.send(`hello ${String((count += 1) % 3)}`),
  json: (_req, res) => res.json({ a: ['b', 'ü'] }),
  'json of ASCII': (_req, res) => res.json({ a: 1 }),
  'text by its short name': (_req, res) => res.type('text').send('hello'),
  'a name of no type': (_req, res) => res.type('nosuch').send('hello'),
  'a type with a charset': (_req, res) => res.type('text/plain; charset=latin1').send('hello'),
  'a type with parameters': (_req, res) => res.set('Content-Type', 'text/x; b=1; a="2;"').send('hello'),
  'a type that is none': (_req, res) => res.set('Content-Type', 'x').send('hello'),
  'several types in turn': (_req, res) => res.type('text').type('json').type('html').send('hello'),
  'an ETag of its own': (_req, res) => res.set('ETag', '"1"').send('hi'),
  'a length of its own': (_req, res) => res.set('Content-Length', '7').send('hello'),
  'a header beyond ASCII': (_req, res) => res.set('X-Name', 'ü').send('hello'),
  'Transfer-Encoding': (_req, res) => res.set('Transfer-Encoding', 'chunked').send('hello'),
  'Last-Modified': (_req, res) => res.set('Last-Modified', 'Mon, 23 Nov 2026 00:00:00 GMT').send('hi'),
  'status 201': (_req, res) => res.status(201).send('hello'),
  'status 204': (_req, res) => res.status(204).send('hello'),
  'status 205': (_req, res) => res.status(205).send('hello'),
  'status 304': (_req, res) => res.status(304).send('hello'),
  'status 404': (_req, res) => res.status(404).send('hello'),
  sendStatus: (_req, res) => res.sendStatus(403),
  jsonp: (_req, res) => res.jsonp({ a: 1 }),
  'Cache-Control: no-cache': (_req, res) => res.set('Cache-Control', 'no-cache').send('hi'),
};
let count = 0;

const requests: [string, string[]][] = [
  ['GET', []],
  ['GET', [`If-None-Match: W/${etag}`]],
  ['GET', ['If-None-Match: "other"']],
  ['GET', ['If-None-Match: "1"']],
  ['GET', ['If-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT']],
  ['GET', ['Cache-Control: no-cache', `If-None-Match: W/${etag}`]],
  ['HEAD', []],
  ['POST', ['Content-Length: 0']],
];

const apps = {
  'an app': () => express(),
  'strong ETags': () => express().set('etag', 'strong'),
  'no ETags': () => express().set('etag', false),
  'ETags of its own': () => express().set('etag', (body: Buffer | string) => `"${String(body.length)}"`),
};

/** The answers to all requests, twice: what was sent before may be told from memory. */
async function answersOf(port: number): Promise<string[]> {
  count = 0;
  const answers = [await answerOf(port, 'GET', [], '/before')];
  for (const [method, headers] of [...requests, ...requests]) answers.push(await answerOf(port, method, headers));
  return answers;
}

describe.each(Object.entries(apps))('%s answers as under plain Express, to the byte', (_, create) => {
  test.each(Object.entries(handlers))('%s', async (_, handler) => {
    plain = createHttpServer(create().get('/before', send('before')).use(handler)).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = await serve(create().get('/before', send('before')).use(handler));
    const expected = await answersOf((plain.address() as AddressInfo).port);
    expect(expected.join('')).toMatch(/^HTTP\/1\.1 \d/);
    expect(await answersOf(port)).toEqual(expected);
  });
});

test('a mounted app, of other settings, answers as under plain Express, too', async () => {
  const create = () => {
    const mounted = express().set('etag', false).use(send('hi'));
    return express()
      .use((req, res, next) => {
        if (req.method === 'GET') mounted(req, res);
        else next();
      })
      .use(express().use(send('hi')))
      .use(send('never'));
  };
  plain = createHttpServer(create()).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const { port } = await serve(create());
  expect(await answersOf(port)).toEqual(await answersOf((plain.address() as AddressInfo).port));
});

/** What a middleware puts in the place of a response's own. */
const altered: Record<string, (res: Response) => void> = {
  'a setHeader() that does nothing': (res) => {
    res.setHeader = () => res;
  },
  'a get() that finds nothing': (res) => {
    res.get = () => undefined;
  },
  'a set() of other headers': (res) => {
    const set = res.set.bind(res) as (name: string, value: string) => Response;
    res.set = ((name: string, value: string) => set(`X-${name}`, value)) as typeof res.set;
  },
  'a writeHead() of another type': (res) => {
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => Response;
    res.writeHead = (...args: unknown[]) => writeHead(...(res.setHeader('Content-Type', 'image/png'), args));
  },
  'an end() that takes Buffers': (res) => {
    const end = res.end.bind(res) as (chunk?: Uint8Array) => Response;
    res.end = ((chunk?: Uint8Array) => end(chunk && Buffer.concat([chunk, chunk]))) as typeof res.end;
    res.set('Transfer-Encoding', 'chunked');
  },
  'an end() of a longer text': (res) => {
    const end = res.end.bind(res) as (...args: unknown[]) => Response;
    res.end = ((chunk = '', encoding?: unknown) => {
      const text = `${String(chunk)} \u{1f40b}`;
      return end(...(res.setHeader('Content-Length', Buffer.byteLength(text)), [text, encoding]));
    }) as typeof res.end;
  },
  'a type() of its own': (res) => {
    res.type = (name) => res.set('Content-Type', `application/vnd.x+${name}`);
  },
};

describe.each(Object.entries(altered))('%s, for some requests', (_, alter) => {
  test.each(['before', 'after'])('answers as under plain Express, others %s it', async (order) => {
    const create = () =>
      express()
        .use('/altered', (_req, res, next) => {
          alter(res);
          next();
        })
        .use((req, res) => {
          if (req.query.type === undefined) res.send('hello');
          else res.type('json').send('{}');
        });
    const paths = ['/altered', '/altered?type', '/', '/?type'];
    const inOrder = order === 'before' ? [...paths.slice(2), ...paths] : [...paths, ...paths];
    plain = createHttpServer(create()).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const plainPort = (plain.address() as AddressInfo).port;
    const { port } = await serve(create());
    for (const path of inOrder)
      expect(await answerOf(port, 'GET', [], path)).toBe(await answerOf(plainPort, 'GET', [], path));
  });
});

test('an app, or a mounted one, with a method of its own answers as under plain Express', async () => {
  const create = () => {
    const mounted = express().use(send('hi'));
    mounted.response.type = function (name: string) {
      return this.set('Content-Type', `application/vnd.x+${name}`);
    };
    const app = express().get('/before', send('before')).use('/mounted', mounted).use(send('hello'));
    return app;
  };
  const createOwn = () => {
    const app = create();
    const { set } = app.response as { set: (this: Response, name: string, value: string) => Response };
    app.response.set = function (this: Response, name: string, value: string) {
      return set.call(this, name === 'ETag' ? 'X-ETag' : name, value);
    } as Response['set'];
    return app;
  };
  for (const make of [create, createOwn]) {
    plain = createHttpServer(make()).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const plainPort = (plain.address() as AddressInfo).port;
    const { port } = await serve(make());
    for (const path of ['/before', '/', '/mounted', '/', '/mounted'])
      expect(await answerOf(port, 'GET', [], path)).toBe(await answerOf(plainPort, 'GET', [], path));
    plain.close();
  }
});

test('send() returns the response, and its headers are strings, as under Express', async () => {
  const seen: unknown[] = [];
  const app = express().use((_req, res) => {
    seen.push(res.send('hello') === res, res.get('Content-Length'));
  });
  const { port } = await serve(app);
  for (const answer of [await answersOf(port), await answersOf(port)]) expect(answer[0]).toMatch(/hello$/);
  expect(new Set(seen)).toEqual(new Set([true, '5', undefined]));
});

test('the answers above are of each kind', async () => {
  const { port } = await serve(express().use(send('hello')));
  const statuses = (await answersOf(port)).map((answer) => Number(answer.slice(9, 12)));
  expect(statuses.slice(9)).toEqual([200, 304, 200, 200, 200, 200, 200, 200]);
});

test('a service that sends in its own way does so', async () => {
  const app = express();
  app.response.send = function (body: unknown) {
    return express.response.send.call(this, `own ${String(body)}`);
  };
  const { port } = await serve(app.use(send('hello')));
  for (const answer of await answersOf(port)) expect(answer).toMatch(/own hello$|^HTTP\/1\.1 304|^HTTP[^]*\r\n\r\n$/);
  expect(await answerOf(port, 'GET', [])).toMatch(/\r\n\r\nown hello$/);
});
