// Clients that are refused while they still send.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import express from 'express';
import { eventually } from '../../../harness/eventually';
import type { Config } from '../../../src/settings/config';
import { serve } from '../observer';
import { BIG, Client, chunk, chunks, exchange, get, later, post, reading, service } from './client';

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
    expect(await client.all()).toEqual(['200 hello', '400 400 Bad Request']);
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
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
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
