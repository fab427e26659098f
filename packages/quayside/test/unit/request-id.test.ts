import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { bytesOf, Client, headerOf } from '../../harness/bytes';
import { serve } from './observer';

type Act = (res: ServerResponse) => unknown;

let plain: Server | undefined;
afterEach(() => plain?.close());

/** The head of the answer where a service does so, or its error's code. */
async function headOf(port: number): Promise<string> {
  const client = new Client(port).send(bytesOf('GET', '/', ['Connection: close']));
  await client.answered();
  return client.received.split('\r\n\r\n')[0] ?? '';
}

/** The same for two servers: this one around an Express app, and Node's own. */
async function heads(act: Act): Promise<[string, string]> {
  const answer = (res: ServerResponse) => {
    try {
      act(res);
      res.end();
    } catch (error) {
      res.end((error as NodeJS.ErrnoException).code);
    }
  };
  plain = createServer((_req, res) => {
    answer(res);
  }).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const { port } = await serve(
    express().use((_req, res) => {
      answer(res);
    }),
  );
  return [await headOf(port), await headOf((plain.address() as AddressInfo).port)];
}

/** In any order, and with names in any case. */
const lines = (head: string) =>
  head
    .split('\r\n')
    .map((line) => line.replace(/^[^:]*:/, (name) => name.toLowerCase()))
    .filter((line) => !/^(?:date|x-request-id):/.test(line))
    .sort();

const lists: Record<string, unknown[]> = {
  'no header': [],
  'one header': ['X-A', '1'],
  'several of a name': ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Set-Cookie', 'c=3'],
  'several of two names in turn': ['X-A', '1', 'X-B', '2', 'X-A', '3', 'X-B', '4'],
  'a name in two cases': ['Set-Cookie', 'a=1', 'set-cookie', 'b=2'],
  'a list as a value': ['Set-Cookie', ['a=1', 'b=2'], 'Set-Cookie', 'c=3', 'X-A', ['1']],
  numbers: ['X-A', 1, 'x-a', 2, 'Content-Length', 0],
  'what frames the answer': ['Connection', 'close', 'Transfer-Encoding', 'chunked', 'Date', 'now'],
  pairs: [
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['X-A', ['1', '2']],
  ],
  'one value missing': ['X-A', '1', 'X-B'],
  'an undefined value': ['X-A', undefined],
  'a name that is none': ['X A', '1'],
  'a line break in a value': ['X-A', '1', 'X-A', '2\r\nX-B: 3'],
  'a name of an object': ['__proto__', '1', 'constructor', '2', '__proto__', '3'],
};

describe.each(Object.entries(lists))('writeHead() with a list of headers: %s', (_, list) => {
  test.each<[string, unknown[]]>([
    ['alone', [200, list]],
    ['behind a message', [299, 'Fine', list]],
    ['behind no message', [200, undefined, list]],
  ])('%s, sends what Node sends', async (_, args) => {
    const [own, expected] = await heads((res) => res.writeHead(...(args as [number])));
    expect(lines(own)).toEqual(lines(expected));
    expect(headerOf(`${own}\r\n`, 'X-Request-Id')).toMatch(/^[\da-f-]{36}$/);
  });
});

test('a list takes the place of what was set before, the id among it', async () => {
  const [own] = await heads((res) => {
    res.setHeader('X-A', ['1', '2']);
    res.writeHead(200, ['X-Request-Id', 'mine', 'X-A', '3', 'X-A', '4']);
  });
  expect(own.match(/^x-.*$/gim)).toEqual(['X-Request-Id: mine', 'X-A: 3', 'X-A: 4']);
});

test('an app that is served twice has one writeHead()', async () => {
  const app = express().use((_req, res) => {
    res.writeHead(200, ['X-A', '1', 'X-A', '2']).end();
  });
  await serve(app);
  const { writeHead } = Object.getOwnPropertyDescriptors(app.response);
  const { port } = await serve(app);
  expect(Object.getOwnPropertyDescriptors(app.response).writeHead).toEqual(writeHead);
  expect((await headOf(port)).match(/^x-a.*$/gim)).toEqual(['X-A: 1', 'X-A: 2']);
});
