import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../harness/eventually';
import type { Config } from '../../src/settings/config';
import { serve } from './observer';

/** More than the buffers of a connection hold. */
const BIG = Buffer.alloc(8 * 1024 ** 2, 'x');

const get = (path = '/', more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const post = (more: string, path = '/') => `POST ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const chunks = Buffer.concat([
  ...Array.from({ length: 128 }, () => chunk(BIG.subarray(0, 65_536))),
  chunk(BIG.subarray(0, 0)),
]);

/** A client that writes as it likes, and hears what comes. */
class Client {
  heard = '';
  error: string | undefined;
  readonly closed: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => (this.heard += bytes.toString('latin1')));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (this.error = code));
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** @param options.allowHalfOpen - whether it leaves its side open when the server has ended its own */
  static async connect(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', ...options });
    await once(socket, 'connect');
    return new Client(socket);
  }

  say(...parts: (string | Buffer)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  async hears(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.heard)) await once(this.socket, 'data');
  }

  /** The status lines and the bodies of short answers that have come until the connection is closed. */
  async answers(): Promise<string[]> {
    await this.closed;
    return this.heard
      .split(/(?=HTTP\/1\.1 \d)/)
      .map(
        (answer) => `${answer.slice(9, 12)} ${answer.split('\r\n\r\n').slice(1).join('|').trim().split('\n')[0] ?? ''}`,
      );
  }
}

/** Sends parts on a connection of its own; returns what the client sees in the end. */
async function exchange(
  port: number,
  ...parts: (string | Buffer)[]
): Promise<{ answers: string[]; error: string | undefined }> {
  const client = (await Client.connect(port)).say(...parts);
  return { answers: await client.answers(), error: client.error };
}

/** Answers when it is told to. */
function gate(): { handler: RequestHandler; open: () => void; waiting: Response[] } {
  const waiting: Response[] = [];
  return {
    waiting,
    handler: (_req, res) => void waiting.push(res),
    open: () => {
      for (const res of waiting.splice(0)) res.send('later');
    },
  };
}

const later: RequestHandler = (_req, res) => {
  setTimeout(() => res.send('later'), 50);
};

/** A service of a few routes. */
const service = (routes: Record<string, RequestHandler> = {}): Express => {
  const app = express();
  for (const [path, handler] of Object.entries(routes)) app.all(path, handler);
  return app.all('/', (_req, res) => res.send('hello'));
};

const reading: RequestHandler = (req, res) => void req.resume().on('end', () => res.send('read'));

describe('whoever still sends gets their answer, and no reset:', () => {
  test.each<[string, string, (string | Buffer)[], Partial<Config>?]>([
    [
      'a body too large by its length',
      '413 Payload',
      [post(`Content-Length: ${String(BIG.length)}\r\nConnection: close\r\n`), BIG],
    ],
    ['one too large as it comes', '413 Payload', [post('Transfer-Encoding: chunked\r\n', '/reads'), chunks]],
    ['no Host', '400 Bad', ['POST / HTTP/1.1\r\nContent-Length: 8388608\r\n\r\n', BIG]],
    ['an unknown expectation', '417 Expectation', [post('Content-Length: 8388608\r\nExpect: much\r\n'), BIG]],
    ['too many headers', '431 Request', [post(`${'a: b\r\n'.repeat(1000)}Content-Length: 8388608\r\n`), BIG]],
    ['headers too large', '431 Request', [get('/', `X: ${'x'.repeat(20_000)}\r\n`), BIG]],
    ['no HTTP', '400 Bad', ['\x16\x03\x01\r\n\r\n', BIG]],
    ['a broken chunk', '400 Bad', [post('Transfer-Encoding: chunked\r\n', '/reads'), '1\r\nx\r\nzz\r\n', BIG]],
    ['CONNECT', '404 Not', ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', BIG]],
    [
      'an answer of the service before the body',
      '200 hello',
      [post('Transfer-Encoding: chunked\r\nConnection: close\r\n'), chunks],
      { MAX_BODY_SIZE: 0 },
    ],
    [
      'no answer of the service in time',
      '503 Service',
      [post('Transfer-Encoding: chunked\r\nConnection: close\r\n', '/never'), chunks],
      { REQUEST_TIMEOUT: 0.1, MAX_BODY_SIZE: 0 },
    ],
  ])('%s', async (_, expected, parts, config = {}) => {
    const { port } = await serve(service({ '/reads': reading, '/later': later, '/never': () => undefined }), config);
    for (let round = 0; round < 5; round += 1) {
      for (const { answers, error } of await Promise.all([1, 2, 3, 4].map(() => exchange(port, ...parts)))) {
        expect(answers).toEqual([expect.stringContaining(expected)]);
        expect(error).toBeUndefined();
      }
    }
  });

  test.each([{}, { 'content-length': BIG.length }])('a client of node:http with %j', async (headers) => {
    const { port } = await serve(service({ '/reads': reading }));
    for (let round = 0; round < 20; round += 1) {
      const options = { host: '127.0.0.1', port, path: '/reads', method: 'POST', agent: false, headers };
      const sent = httpRequest(options);
      sent.end(BIG);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(413);
      await Promise.all([once(response.resume(), 'end'), once(sent, 'close')]);
    }
  });
});

describe('after a refusal', () => {
  test('what is pipelined behind it never reaches the service, and is not counted', async () => {
    const asked: string[] = [];
    const app = express().use((req, res) => {
      asked.push(req.url);
      res.send('hello');
    });
    const { port, observer, outcomes } = await serve(app);
    const client = await Client.connect(port);
    client.say(get('/first') + 'GET /refused HTTP/1.1\r\n\r\n' + get('/behind').repeat(10_000));
    expect(await client.answers()).toEqual(['200 hello', '400 400 Bad Request']);
    expect(asked).toEqual(['/first']);
    expect(outcomes.map(({ status }) => status)).toEqual([200, 400]);
    expect(observer.onRequest).toHaveBeenCalledTimes(2);
  });

  test.each([
    ['has not come', ''],
    ['has come with it', '0\r\n\r\n'],
  ])('the service that reads the body is told at once that it never gets the rest, which %s', async (_, rest) => {
    const told: string[] = [];
    const app = service({
      '/reads': (req) => {
        req.resume().on('aborted', () => told.push('aborted'));
        req.on('end', () => told.push('end')).on('close', () => told.push(`close ${String(req.complete)}`));
      },
    });
    const { port } = await serve(app, { MAX_BODY_SIZE: 10 });
    const client = await Client.connect(port, { allowHalfOpen: true });
    client.say(
      post('Transfer-Encoding: chunked\r\n', '/reads'),
      Buffer.concat([chunk(BIG.subarray(0, 11)), Buffer.from(rest)]),
    );
    await once(client.socket, 'end');
    expect(client.heard).toMatch(/^HTTP\/1\.1 413 /);
    await eventually(() => told.length === 2 || undefined);
    expect(told).toEqual(['aborted', 'close false']);
    expect(client.socket.readyState).toBe('writeOnly');
    client.socket.destroy();
  });

  test('a client that never ends its side is left in the end', async () => {
    const { port } = await serve(service());
    const client = await Client.connect(port, { allowHalfOpen: true });
    client.say('no request\r\n\r\n');
    await once(client.socket, 'end');
    // A connection that the server has closed is reset by what comes.
    await eventually(() => client.say('x').socket.destroyed || undefined);
  });

  test('a client that sends without end is cut', async () => {
    const { port } = await serve(service());
    const client = await Client.connect(port, { allowHalfOpen: true });
    client.say('no request\r\n\r\n');
    while (client.socket.writable) {
      client.say(BIG);
      if (client.socket.writableNeedDrain)
        await Promise.race([once(client.socket, 'drain').catch(() => undefined), client.closed]);
    }
    expect(client.socket.bytesWritten).toBeGreaterThan(64 * 1024 ** 2);
    expect(client.socket.bytesWritten).toBeLessThan(128 * 1024 ** 2);
  });
});

describe('a message of too many fields', () => {
  test.each([
    [1000, '200 1000'],
    [1001, '431 431 Request Header Fields Too Large'],
    [4000, '431 431 Request Header Fields Too Large'],
  ])('%d headers', async (count, expected) => {
    const { port } = await serve(
      express().use((req, res) => res.send(String(req.rawHeaders.length / 2))),
      { MAX_HEADER_SIZE: 65_536 },
    );
    const fields = `${'a: b\r\n'.repeat(count - 2)}Connection: close\r\n`;
    expect(await exchange(port, get('/', fields))).toEqual({ answers: [expected], error: undefined });
  });

  test.each([
    [1000, '200 1000'],
    [1001, '431 431 Request Header Fields Too Large'],
    [4000, '431 431 Request Header Fields Too Large'],
  ])('%d trailers', async (count, expected) => {
    let ends = 0;
    const app = express().use((req, res) => {
      req.resume().on('end', () => {
        ends += 1;
        res.set('Connection', 'close').send(String(req.rawTrailers.length / 2));
      });
    });
    const { port, ended } = await serve(app, { MAX_HEADER_SIZE: 65_536, MAX_BODY_SIZE: 0 });
    const bytes = `${post('Transfer-Encoding: chunked\r\n')}1\r\nx\r\n0\r\n${'a: b\r\n'.repeat(count)}\r\n`;
    expect(await exchange(port, bytes)).toEqual({ answers: [expected], error: undefined });
    expect(ends).toBe(count > 1000 ? 0 : 1);
    expect(await ended(1)).toMatchObject([{ status: Number(expected.slice(0, 3)), cut: undefined }]);
  });
});

describe('broken bytes', () => {
  const garbage = '\x16\x03\x01\r\n\r\n';
  const brew = 'BREW / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n';
  const brokenBody = `${post('Transfer-Encoding: chunked\r\n', '/reads')}zz\r\n`;
  const bad = '400 400 Bad Request';

  test.each<[string, string, string[]]>([
    ['no HTTP', get('/later') + garbage + get(), ['200 later', bad]],
    ['behind several', get('/later') + get() + get('/later') + garbage, ['200 later', '200 hello', '200 later', bad]],
    ['an unknown method', get('/later') + brew + get(), ['200 later', '404 {"status":404,"error":"Not Found"}']],
    ['a broken body', get('/later') + brokenBody + get(), ['200 later', bad]],
    [
      'CONNECT',
      `${get('/later') + get()}CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n`,
      ['200 later', '200 hello', '404 404 Not Found'],
    ],
    ['a Host too many', `${get('/later')}GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n${get()}`, ['200 later', bad]],
    ['behind a last request', get('/later', 'Connection: close\r\n') + garbage, ['200 later']],
    ['another accepts JSON', get('/later', 'Accept: application/json\r\n') + garbage, ['200 later', bad]],
  ])('behind a request that is not yet answered are answered in their turn: %s', async (_, bytes, expected) => {
    const { port } = await serve(service({ '/later': later, '/reads': reading }));
    expect(await exchange(port, bytes)).toEqual({ answers: expected, error: undefined });
  });

  test('behind an answer that has begun are answered after its end', async () => {
    const { handler, waiting } = gate();
    const { port, observer } = await serve(service({ '/gate': handler }));
    const client = (await Client.connect(port)).say(get('/gate'));
    await eventually(() => waiting.length === 1 || undefined);
    waiting[0]?.write('begun,');
    await client.hears(/begun/);
    client.say(garbage);
    await eventually(() => observer.onUnparsed.mock.calls.length === 1 || undefined);
    waiting[0]?.end('ended');
    await client.closed;
    expect(client.heard).toMatch(/begun,[^]*ended[^]*HTTP\/1\.1 400 Bad Request\r\nConnection: close/);
  });

  test.each([
    ['a broken chunk', 'zz\r\n'],
    ['too many trailers', `0\r\n${'a: b\r\n'.repeat(1001)}\r\n`],
    ['more than MAX_BODY_SIZE', chunks],
  ])('after an answer that came before the body have no other one, but an end: %s', async (_, rest) => {
    const early: RequestHandler = (req, res) => {
      req.on('data', () => undefined);
      res.send('early');
    };
    const { port } = await serve(service({ '/early': early }));
    const client = (await Client.connect(port)).say(post('Transfer-Encoding: chunked\r\n', '/early'), '1\r\nx\r\n');
    await client.hears(/early/);
    client.say(rest);
    expect(await client.answers()).toEqual(['200 early']);
    expect(client.error).toBeUndefined();
  });

  test('a client that leaves then is an aborted request', async () => {
    const { handler, waiting } = gate();
    const { port, ended } = await serve(service({ '/gate': handler }));
    const client = (await Client.connect(port)).say(get('/gate') + garbage);
    await eventually(() => waiting.length === 1 || undefined);
    client.socket.resetAndDestroy();
    expect(await ended(1)).toMatchObject([{ cut: 'answer' }]);
  });

  test('after CONNECT, a client that leaves is no error of the process', async () => {
    const { handler, waiting, open } = gate();
    const { port, ended } = await serve(service({ '/gate': handler }));
    const client = (await Client.connect(port)).say(`${get('/gate')}CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await eventually(() => waiting.length === 1 || undefined);
    client.socket.resetAndDestroy();
    await ended(1);
    open();
  });

  test('a long answer before CONNECT is sent whole', async () => {
    const app = service({
      '/long': (_req, res) => {
        let left = 100;
        const write = () => {
          while (left > 0) {
            left -= 1;
            if (!res.write(BIG.subarray(0, 65_536))) {
              res.once('drain', write);
              return;
            }
          }
          res.end();
        };
        setTimeout(write, 50);
      },
    });
    const { port } = await serve(app);
    const client = (await Client.connect(port)).say(`${get('/long')}CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.closed;
    expect(client.heard.match(/x/g)?.length).toBeGreaterThan(100 * 65_536);
    expect(client.heard).toMatch(/HTTP\/1\.1 404 Not Found/);
  });
});

test('whoever reads a request whose rest is broken is told so, as by Node', async () => {
  const told: unknown[] = [];
  const app = service();
  app.post('/read', (req) => {
    req.resume();
    for (const event of ['aborted', 'end', 'error', 'close']) {
      req.on(event, (error?: NodeJS.ErrnoException) => told.push(error?.code ?? event));
    }
  });
  const { port } = await serve(app);
  const bytes = `${post('Transfer-Encoding: chunked\r\n', '/read')}5\r\nhello\r\nzz\r\n`;
  expect((await exchange(port, bytes)).answers).toEqual(['400 400 Bad Request']);
  await eventually(() => told.includes('close') || undefined);
  expect(told).toEqual(['aborted', 'ECONNRESET', 'close']);
});

test('after a request of HTTP/1.0 with Transfer-Encoding, nothing more is served', async () => {
  const { port, observer } = await serve(service({ '/reads': reading }));
  const head = 'POST /reads HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n';
  const client = (await Client.connect(port)).say(`${head}0\r\n\r\n${get()}`);
  expect(await client.answers()).toEqual(['200 read']);
  expect(client.heard).toMatch(/Connection: close/);
  expect(observer.onRequest).toHaveBeenCalledTimes(1);
  expect((await exchange(port, `${head}zz\r\n`)).answers).toEqual(['400 400 Bad Request']);
});

describe('a client that has ended its side', () => {
  test('still gets its answers', async () => {
    const { port, ended } = await serve(service({ '/later': later }));
    const clients = await Promise.all(Array.from({ length: 50 }, () => Client.connect(port, { allowHalfOpen: true })));
    for (const { socket } of clients) socket.end(get('/later') + get() + get('/later'));
    for (const client of clients) {
      expect(await client.answers()).toEqual(['200 later', '200 hello', '200 later']);
      client.socket.destroy();
    }
    for (const { cut } of await ended(150)) expect(cut).toBeUndefined();
  });

  test.each(['GET / HT', 'no request\r\n\r\n'])(
    'still gets its answers, also the one to %j behind them',
    async (bytes) => {
      const { port } = await serve(service({ '/later': later }));
      const client = await Client.connect(port, { allowHalfOpen: true });
      client.socket.end(get('/later') + bytes);
      expect(await client.answers()).toEqual(['200 later', '400 400 Bad Request']);
    },
  );

  test('is left at once where nothing is in flight', async () => {
    const { port } = await serve(service());
    const client = (await Client.connect(port, { allowHalfOpen: true })).say(get());
    await client.hears(/hello/);
    client.socket.end();
    await client.closed;
    expect(client.error).toBeUndefined();
  });

  test('is left where no end of its answer is in sight, and the service learns of it', async () => {
    const told: string[] = [];
    const endless =
      (body: string): RequestHandler =>
      (req, res) => {
        if (body !== '') res.write(body);
        res.on('close', () => told.push(req.path));
      };
    const stalled: RequestHandler = (req, res, next) => {
      res.set('Content-Length', '100');
      endless('x')(req, res, next);
    };
    const routes = { '/silent': endless(''), '/stalled': stalled, '/stream': endless('x') };
    const { port, ended } = await serve(service(routes));
    const clients = [];
    for (const path of Object.keys(routes)) {
      const client = await Client.connect(port, { allowHalfOpen: true });
      client.socket.end(get(path));
      clients.push(client);
    }
    for (const client of clients) await client.closed;
    expect(await ended(3)).toMatchObject([{ cut: 'answer' }, { cut: 'answer' }, { cut: 'answer' }]);
    expect(told.sort()).toEqual(Object.keys(routes));
  });

  test('gets an answer of known length, however long it takes, as long as it goes on', async () => {
    const app = service({
      '/known': (_req, res) => {
        res.set('Content-Length', '12');
        let left = 12;
        const timer = setInterval(() => {
          left -= 1;
          if (left > 0) res.write('x');
          else {
            clearInterval(timer);
            res.end('x');
          }
        }, 1000);
      },
    });
    const { port } = await serve(app);
    const client = await Client.connect(port, { allowHalfOpen: true });
    client.socket.end(get('/known'));
    expect(await client.answers()).toEqual(['200 xxxxxxxxxxxx']);
  });

  test('ends a connection that the service has taken, unless the service does', async () => {
    const app = service({
      '/taken': ({ socket }) => {
        socket.on('data', () => undefined);
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      },
    });
    const { port, ended } = await serve(app);
    for (const behind of ['', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n']) {
      const client = (await Client.connect(port, { allowHalfOpen: true })).say(get('/taken') + behind);
      await client.hears(/101/);
      client.socket.end();
      await client.closed;
    }
    await ended(2);
  });
});

describe('a connection that the service has taken', () => {
  const webSockets = new WebSocketServer({ noServer: true });

  /** Makes the request a WebSocket that says back what it hears. */
  const upgrade = (req: Request, then: () => void = () => undefined) => {
    webSockets.handleUpgrade(req, req.socket, Buffer.alloc(0), (webSocket) => {
      webSocket.on('message', (message: Buffer) => {
        webSocket.send(message.toString());
      });
      then();
    });
  };

  const echo = async (webSocket: WebSocket, message: string) => {
    webSocket.send(message);
    const [answer] = (await once(webSocket, 'message')) as [Buffer];
    return answer.toString();
  };

  test('for a WebSocket is not written to, and is no aborted request', async () => {
    const app = service({
      '/socket': (req, _res, next) => {
        upgrade(req, () => {
          setTimeout(() => {
            next(new Error('too late'));
          }, 50);
        });
      },
    });
    app.get('/never', () => undefined);
    const { port, ended, observer } = await serve(app, { REQUEST_TIMEOUT: 0.2 });
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}/socket`);
    await once(webSocket, 'open');
    for (const message of ['a', 'b', 'c']) expect(await echo(webSocket, message)).toBe(message);
    // Younger, and late: the other one would have been, too.
    expect((await exchange(port, get('/never', 'Connection: close\r\n'))).answers).toEqual([
      '503 503 Service Unavailable',
    ]);
    expect(await echo(webSocket, 'd')).toBe('d');
    webSocket.close();
    expect(await ended(2)).toMatchObject([{ status: 503 }, { status: 101, route: '/socket', cut: undefined }]);
    expect(observer.onTimeout).toHaveBeenCalledTimes(1);
    expect(observer.onUnparsed).not.toHaveBeenCalled();
    expect(observer.onException).toHaveBeenCalledTimes(1);
  });

  test('for a WebSocket is no aborted request, either, where its client is gone', async () => {
    const { port, ended } = await serve(
      service({
        '/socket': (req) => {
          upgrade(req);
        },
      }),
    );
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}/socket`);
    await once(webSocket, 'open');
    webSocket.terminate();
    expect(await ended(1)).toMatchObject([{ status: 101, cut: undefined }]);
  });

  test('by an answer of 101 is heard by the service alone', async () => {
    const app = service({
      '/upgrade': ({ socket }, res) => {
        res.writeHead(101, { Connection: 'Upgrade', Upgrade: 'echo' }).flushHeaders();
        socket.on('data', (bytes) => socket.write(bytes));
      },
    });
    const { port, ended, observer } = await serve(app);
    const client = (await Client.connect(port)).say(get('/upgrade', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
    await client.hears(/^HTTP\/1\.1 101 [^]*\r\n\r\n/);
    for (const bytes of ['no HTTP', get(), 'the end']) {
      client.say(bytes);
      await client.hears(new RegExp(`${bytes}$`));
    }
    client.socket.resetAndDestroy();
    expect(await ended(1)).toMatchObject([{ status: 101, cut: undefined }]);
    expect(observer.onRequest).toHaveBeenCalledTimes(1);
    expect(observer.onUnparsed).not.toHaveBeenCalled();
  });

  test('by detachSocket() has ended when the connection has', async () => {
    const app = service({
      '/raw': ({ socket }, res) => {
        res.detachSocket(socket);
        setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nraw'), 300);
      },
    });
    const { port, ended, observer } = await serve(app, { REQUEST_TIMEOUT: 0.1 });
    expect((await exchange(port, get('/raw'))).answers).toEqual(['200 raw']);
    expect(await ended(1)).toMatchObject([{ status: 200, cut: undefined }]);
    expect(observer.onTimeout).not.toHaveBeenCalled();
  });

  test('by detachSocket() is not asked for more', async () => {
    const app = service({
      '/raw': ({ socket }, res) => {
        res.detachSocket(socket);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw');
        socket.once('end', () => socket.end());
      },
    });
    const { port, observer, ended } = await serve(app);
    const client = (await Client.connect(port)).say(get('/raw'));
    await client.hears(/raw/);
    client.socket.end(get());
    expect(await client.answers()).toEqual(['200 raw']);
    expect(await ended(1)).toMatchObject([{ route: '/raw', cut: undefined }]);
    expect(observer.onRequest).toHaveBeenCalledTimes(1);
  });

  test.each<[string, (res: Response) => void]>([
    ['nothing', () => undefined],
    [
      '102',
      (res) => {
        res.writeProcessing();
      },
    ],
    [
      '103',
      (res) => {
        res.writeEarlyHints({ link: '</a>; rel=preload' });
      },
    ],
  ])('is not one where somebody only listens, and %s is sent', async (_, send) => {
    const app = service({
      '/listens': ({ socket }, res) => {
        socket.on('data', () => undefined);
        send(res);
      },
    });
    const { port, observer, ended } = await serve(app, { REQUEST_TIMEOUT: 0.1 });
    const client = (await Client.connect(port)).say(
      post('Expect: 100-continue\r\nUpgrade: x\r\nContent-Length: 0\r\n', '/listens'),
    );
    await client.hears(/HTTP\/1\.1 100 Continue[^]*HTTP\/1\.1 503 Service Unavailable/);
    expect(await ended(1)).toMatchObject([{ status: 503, cut: undefined }]);
    expect(observer.onTimeout).toHaveBeenCalledTimes(1);
    client.socket.destroy();
  });
});

test('a connection has as many listeners with a hundred requests in flight as with one', async () => {
  const counts = new Set<number>();
  const app = express().use(({ socket }) => {
    counts.add(socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0));
  });
  const { port, observer, ended } = await serve(app);
  const client = (await Client.connect(port)).say(get().repeat(100));
  await eventually(() => observer.onRequest.mock.calls.length === 100 || undefined);
  expect(counts.size).toBe(1);
  client.socket.resetAndDestroy();
  for (const { cut } of await ended(100)) expect(cut).toBe('answer');
});
