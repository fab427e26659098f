// Bodies of requests: Express's parsers, handlers that read for themselves, and those that do not read at all.
import { text } from 'node:stream/consumers';
import { gzipSync, deflateSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { bytesOf, chunked } from '../../harness/bytes';
import { testSame } from './both';

const post = (target: string, type: string, body: string, ...headers: string[]) =>
  bytesOf('POST', target, [`Content-Type: ${type}`, ...headers], body);
const json = (body: string, ...headers: string[]) => post('/json', 'application/json', body, ...headers);
const form = (body: string, ...headers: string[]) =>
  post('/form', 'application/x-www-form-urlencoded', body, ...headers);
const inChunks = (target: string, type: string, chunks: string[], trailers: string[] = []) =>
  bytesOf('POST', target, [`Content-Type: ${type}`, 'Transfer-Encoding: chunked']) + chunked(chunks, trailers);
const zipped = gzipSync('{"zipped":1}').toString('latin1');

const onError: ErrorRequestHandler = (error: Error & { status?: number; type?: string }, _req, res, next) => {
  if (res.headersSent) next(error);
  else res.status(error.status ?? 500).json([error.name, error.type, error.message]);
};

const bodies = [
  json('{"a":[1,"\u00c3\u00bc"]}'),
  json('{"a":'),
  json('1'),
  json(''),
  json('{"a":1}', 'Expect: 100-continue'),
  json('{"a":1}', 'Content-Encoding: identity'),
  json(zipped, 'Content-Encoding: gzip'),
  json(deflateSync('{"a":1}').toString('latin1'), 'Content-Encoding: deflate'),
  json('not zipped', 'Content-Encoding: gzip'),
  json('{"a":1}', 'Content-Encoding: other'),
  json(`{"a":"${'x'.repeat(200)}"}`),
  json(gzipSync('x'.repeat(1000)).toString('latin1'), 'Content-Encoding: gzip'),
  json('{"__proto__":1}'),
  post('/json', 'application/json; charset=utf-16', '{"a":1}'),
  post('/json', 'application/json; charset=nosuch', '{"a":1}'),
  post('/json', 'application/vnd.a+json', '{"a":1}'),
  post('/json', 'text/plain', '{"a":1}'),
  bytesOf('GET', '/json'),
  form('a=1&b[c]=2&b[d]=3&e=%C3%BC+%zz'),
  form(Array.from({ length: 30 }, (_, at) => `a${String(at)}=1`).join('&')),
  form('a=1', 'Content-Encoding: gzip'),
  post('/text', 'text/plain; charset=latin1', '\u00fc'),
  post('/raw', 'application/octet-stream', '\u0000\u00ff'),
  inChunks('/json', 'application/json', ['{"a"', ':1}']),
  inChunks('/json', 'application/json', ['x'.repeat(60), 'x'.repeat(60)]),
  inChunks('/form', 'application/x-www-form-urlencoded', ['a=', '1'], ['X-T: 1']),
  inChunks('/raw', 'application/octet-stream', []),
];

testSame([
  ...[true, false].map((handled) => ({
    name: `Express's parsers, with errors ${handled ? 'handled' : 'unhandled'}`,
    app: (app: express.Express) => {
      app.use('/json', express.json({ limit: 100, type: ['json', '+json'] }));
      app.use('/form', express.urlencoded({ extended: true, parameterLimit: 20 }));
      app.use('/text', express.text({ defaultCharset: 'utf-8' }), express.raw());
      app.use('/raw', express.raw());
      app.use((req, res) => {
        res.json(Buffer.isBuffer(req.body) ? req.body.toString('latin1') : { body: req.body as unknown });
      });
      if (handled) app.use(onError);
    },
    connections: [...bodies.map((body) => [body]), [...bodies, bytesOf('GET', '/last')]],
  })),
  {
    name: 'a handler that reads for itself',
    app: (app, note) => {
      app.post('/events', (req, res) => {
        let length = 0;
        req.on('data', (chunk: Buffer) => (length += chunk.length));
        req.on('end', () => {
          note(`end, complete ${String(req.complete)}`);
          res.json({ length, trailers: req.trailers, rawTrailers: req.rawTrailers });
        });
        req.on('close', () => {
          note(`close, complete ${String(req.complete)}`);
        });
      });
      app.post('/iterated', async (req, res) => {
        let length = 0;
        for await (const chunk of req) length += (chunk as Buffer).length;
        res.send(String(length));
      });
      app.post('/consumed', async (req, res) => {
        res.send(await text(req));
      });
      app.post('/piped', (req, res) => {
        res.type('text');
        // Chunks would show where the network has cut a long body.
        const length = Number(req.get('Content-Length'));
        if (length > 1000) res.set('Content-Length', String(length));
        req.pipe(res);
      });
      app.post('/encoded', (req, res) => {
        req.setEncoding('utf8').once('data', (chunk: string) => {
          req.resume();
          // The network cuts a long body as it likes.
          res.send(`${typeof chunk} ${chunk.slice(0, 20)}`);
        });
      });
    },
    connections: [
      ['/events', '/iterated', '/consumed', '/piped', '/encoded'].flatMap((path) => [
        post(path, 'text/plain', 'a body of some bytes'),
        inChunks(path, 'text/plain', ['a', ' body', ' in chunks'], ['X-T: 1', 'X-T: 2', 'X-U: 3']),
        post(path, 'text/plain', 'long '.repeat(50_000)),
        post(path, 'text/plain', 'asked for', 'Expect: 100-continue'),
      ]),
    ],
    notes: 8,
  },
  {
    name: 'a handler that does not read, or not to the end',
    app: (app) => {
      app.post('/unread', (_req, res) => {
        res.send('unread');
      });
      app.post('/destroyed', (req) => {
        req.destroy();
      });
      app.post('/error', (req) => {
        req.resume();
        throw Object.assign(new Error('no'), { status: 400 });
      });
      app.use((_req, res) => {
        res.send('next');
      });
    },
    connections: [
      [
        post('/unread', 'text/plain', 'short'),
        inChunks('/unread', 'text/plain', ['a', 'b']),
        bytesOf('GET', '/next'),
        post('/unread', 'text/plain', 'x'.repeat(200_000)),
        bytesOf('GET', '/next'),
        post('/error', 'text/plain', 'short'),
        bytesOf('GET', '/next'),
      ],
    ],
  },
  {
    name: 'a client that leaves in the middle of its body',
    app: (app, note) => {
      app.post('/', (req, res) => {
        req.on('aborted', () => {
          note('aborted');
        });
        req.on('error', (error: NodeJS.ErrnoException) => {
          note(`error ${String(error.code)}`);
        });
        req.on('close', () => {
          note(`request closed, complete ${String(req.complete)}`);
        });
        res.on('close', () => {
          note(`response closed, ended ${String(res.writableEnded)}`);
        });
        req.once('data', () => {
          res.write('begun');
        });
        req.resume();
      });
      app.post('/parsed', express.json(), () => undefined);
      app.use(((error: Error, _req, _res, next) => {
        note(error.message);
        next(error);
      }) as ErrorRequestHandler);
    },
    connections: [
      async (client) => {
        client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
        await client.saw(({ received }) => received.includes('begun'));
        client.destroy();
      },
      async (client) => {
        client.send('POST /parsed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n');
        client.send('Expect: 100-continue\r\nContent-Length: 10\r\n\r\nhalf', []);
        await client.saw(({ received }) => received.includes('100 Continue'));
        client.destroy();
      },
    ],
    notes: 5,
  },
]);
