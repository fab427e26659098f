// Answers that are written piece by piece.
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { PassThrough, Readable, Transform, pipeline } from 'node:stream';
import { pipeline as pipelineOf } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import { bytesOf } from '../../harness/bytes';
import { testSame, type Case } from './both';

const get = (target: string, ...headers: string[]) => bytesOf('GET', target, headers);
/** The same for clients of each kind. */
const each = (path: string) => [
  [get(path), get(path), bytesOf('HEAD', path), get(path, 'Connection: close')],
  [`GET ${path} HTTP/1.0\r\n\r\n`],
  [`GET ${path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`],
];
/** A case of one handler. */
const of = (name: string, handler: RequestHandler): Case => ({
  name,
  app: (app) => app.use(handler),
  connections: each('/'),
});
const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${String(at)}\n`);

testSame([
  of('an event stream', (_req, res) => {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
    res.flushHeaders();
    let id = 0;
    const next = () => {
      res.write(`id: ${String(id)}\ndata: ${JSON.stringify({ id })}\n\n`);
      id += 1;
      if (id < 5) setImmediate(next);
      else res.end();
    };
    next();
  }),
  of('early hints', (_req, res) => {
    res.writeEarlyHints({ link: ['</a.css>; rel=preload; as=style', '</b.js>; rel=preload'], 'x-trace': '1' });
    res.write('hinted');
    res.end();
  }),
  of('102 and 100', (_req, res) => {
    res.writeProcessing();
    res.writeContinue();
    res.end('processed');
  }),
  {
    name: 'trailers',
    app: (app) => {
      app.use((_req, res) => {
        res.writeHead(200, { Trailer: 'X-Sum' });
        res.write('a');
        res.addTrailers({ 'X-Sum': '1' });
        res.end('b');
      });
    },
    connections: [[get('/'), bytesOf('HEAD', '/'), get('/')]],
  },
  of('writes in several encodings', (_req, res) => {
    res.write('\u00fc', 'utf8');
    res.write('\u00fc', 'latin1');
    res.write('68c3bc', 'hex');
    res.write(new Uint8Array([1, 2]));
    res.write('');
    res.end('aGk=', 'base64');
  }),
  of('a header alone, then nothing', (_req, res) => {
    res.set('X-A', '1').end();
  }),
  of('end() of one piece', (_req, res) => {
    res.end('piece');
  }),
  of('a length, and pieces', (_req, res) => {
    res.set('Content-Length', '4').write('ab');
    res.end('cd');
  }),
  of('cork() and uncork()', (_req, res) => {
    res.cork();
    for (const line of lines(5)) res.write(line);
    process.nextTick(() => {
      res.uncork();
      res.end();
    });
  }),
  of('a stream piped', (_req, res) => {
    Readable.from(lines(100)).pipe(res.type('text'));
  }),
  of('a file piped', (_req, res) => {
    createReadStream(__filename, { highWaterMark: 1000 }).pipe(res);
  }),
  of('pipeline() through gzip', (_req, res, next) => {
    pipeline(Readable.from([lines(2000).join('')]), createGzip(), res.set('Content-Encoding', 'gzip'), (error) => {
      if (error) next(error);
    });
  }),
  of('pipeline() of a generator, awaited', async (_req, res) => {
    await pipelineOf(
      lines(10),
      new Transform({
        transform: (chunk: Buffer, _encoding, then) => {
          then(null, chunk.toString().toUpperCase());
        },
      }),
      res,
    );
  }),
  of('204 and 304 with a body', (req, res) => {
    res.statusCode = req.method === 'HEAD' ? 304 : 204;
    res.write('a');
    res.end('b');
  }),
  of('writeHead() after setHeader(), with a message', (_req, res) => {
    res.setHeader('X-A', ['1', '2']);
    res.writeHead(299, 'Miscellaneous', { 'x-a': '3', 'X-B': 4, 'Set-Cookie': ['a=1', 'b=2'] });
    res.end('body');
  }),
  of('writeHead() with a list', (_req, res) => {
    res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Type', 'text/plain', 'Content-Length', '4']);
    res.end('body');
  }),
  of('setHeaders() and appendHeader()', (_req, res) => {
    res.setHeaders(
      new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-a', '1'],
      ]),
    );
    res.appendHeader('X-A', '2').appendHeader('x-b', ['3', '4']);
    res.end('body');
  }),
  of('Connection: close of its own', (_req, res) => {
    res.set('Connection', 'close').end('last');
  }),
  of('no Connection header, no Date', (_req, res) => {
    res.sendDate = false;
    res.removeHeader('Connection');
    res.end('plain');
  }),
  of('Keep-Alive of its own', (_req, res) => {
    res.set({ Connection: 'keep-alive', 'Keep-Alive': 'timeout=1' }).end('kept');
  }),
  of('Transfer-Encoding of its own', (_req, res) => {
    res.set('Transfer-Encoding', 'chunked').end('chunked');
  }),
  of('no framing at all', (_req, res) => {
    res.removeHeader('Transfer-Encoding');
    res.useChunkedEncodingByDefault = false;
    res.write('until ');
    res.end('the end');
  }),
  {
    name: 'bytes written to the socket itself',
    app: (app) => {
      app.get('/response', (_req, res) => {
        res.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nraw');
      });
      app.get('/request', (req) => {
        req.socket.end('HTTP/1.1 299 Raw\r\nConnection: close\r\n\r\nraw');
      });
      app.get('/detached', (_req, res) => {
        const { socket } = res;
        if (socket === null) return;
        res.detachSocket(socket);
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndetached');
      });
    },
    connections: [[get('/response')], [get('/request')], [get('/detached')]],
  },
  {
    name: 'an answer that breaks off',
    app: (app, note) => {
      const noteClose = (res: ServerResponse) => {
        res.on('close', () => {
          note(`closed, finished ${String(res.writableFinished)}`);
        });
      };
      app.get('/destroyed', (_req, res) => {
        noteClose(res);
        res.write('begun', () => res.destroy());
      });
      app.get('/socket', (req, res) => {
        noteClose(res);
        res.write('begun', () => req.socket.destroy());
      });
      app.get('/error', (_req, res) => {
        noteClose(res);
        const stream = new PassThrough();
        pipeline(stream, res, (error) => {
          note(String(error));
        });
        stream.write('begun', () => setImmediate(() => stream.destroy(new Error('broke'))));
      });
      app.get('/short', (_req, res) => {
        noteClose(res);
        res.set('Content-Length', '10').end('short');
        res.socket?.end();
      });
    },
    connections: [[get('/destroyed')], [get('/socket')], [get('/error')], [get('/short')]],
    notes: 5,
  },
  {
    name: 'a client that leaves in the middle of an answer',
    app: (app, note) => {
      app.get('/', (req, res) => {
        req.on('close', () => {
          note('request closed');
        });
        res.on('close', () => {
          note(`response closed, ended ${String(res.writableEnded)}`);
          note(`destroyed ${String(res.destroyed)}, written ${String(res.write('late'))}`);
        });
        res.on('error', () => undefined);
        res.write('begun');
      });
    },
    connections: [
      async (client) => {
        client.send(get('/'));
        await client.saw(({ received }) => received.includes('begun'));
        client.destroy();
      },
    ],
    notes: 3,
  },
  {
    name: 'what is done to a response after its end',
    app: (app, note) => {
      app.get('/', (_req, res) => {
        res.on('error', (error: NodeJS.ErrnoException) => {
          note(String(error.code));
        });
        res.end('whole', () => {
          note(`ended: ${String(res.headersSent)} ${String(res.writableFinished)}`);
        });
        for (const act of [
          () => res.setHeader('X-A', '1'),
          () => res.status(500).send('again'),
          () => res.writeHead(200),
          () => res.end('again'),
          () => res.write('again'),
          () => res.getHeader('X-A'),
        ]) {
          try {
            act();
          } catch (error) {
            note(String((error as NodeJS.ErrnoException).code));
          }
        }
      });
    },
    connections: [[get('/'), get('/')]],
    notes: 12,
  },
]);
