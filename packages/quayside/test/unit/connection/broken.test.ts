// Bytes that are no request, or not the rest of one.
import type { RequestHandler } from 'express';
import { eventually } from '../../../harness/eventually';
import { serve } from '../observer';
import { BIG, Client, chunks, exchange, gate, get, later, post, reading, service } from './client';

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
    expect(client.received).toMatch(/begun,[^]*ended[^]*HTTP\/1\.1 400 Bad Request\r\nConnection: close/);
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
    expect(await client.all()).toEqual(['200 early']);
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
    expect(client.received.match(/x/g)?.length).toBeGreaterThan(100 * 65_536);
    expect(client.received).toMatch(/HTTP\/1\.1 404 Not Found/);
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
  expect(await client.all()).toEqual(['200 read']);
  expect(client.received).toMatch(/Connection: close/);
  expect(observer.onRequest).toHaveBeenCalledTimes(1);
  expect((await exchange(port, `${head}zz\r\n`)).answers).toEqual(['400 400 Bad Request']);
});
