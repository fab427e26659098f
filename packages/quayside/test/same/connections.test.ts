// Connections: versions of HTTP, several requests on one, and clients that close.
import type { RequestHandler } from 'express';
import { bytesOf } from '../../harness/bytes';
import { testSame, type Case } from './both';

const get = (target: string, ...headers: string[]) => bytesOf('GET', target, headers);
const old = (method: string, target: string, ...headers: string[]) =>
  [`${method} ${target} HTTP/1.0`, ...headers, '', ''].join('\r\n');

const routes: Record<string, RequestHandler> = {
  '/text': (_req, res) => {
    res.send('text');
  },
  '/chunks': (_req, res) => {
    res.write('a');
    res.end('b');
  },
  '/slow': (_req, res) => {
    setImmediate(() => setImmediate(() => res.send('slow')));
  },
  '/late': (_req, res) => {
    setTimeout(() => res.write('late'), 5);
    setTimeout(() => res.end(), 10);
  },
  '/close': (_req, res) => {
    res.set('Connection', 'close').send('close');
  },
  '/empty': (_req, res) => {
    res.end();
  },
};
const paths = Object.keys(routes);

const cases: Omit<Case, 'app'>[] = [
  { name: 'one request after the other', connections: [paths.slice(0, 4).flatMap((path) => [get(path), get(path)])] },
  {
    name: 'pipelined requests',
    connections: [
      [paths.map((path) => get(path)).join('')],
      [get('/late') + get('/slow') + get('/text') + bytesOf('HEAD', '/text') + get('/none') + get('/chunks')],
      [get('/late') + bytesOf('POST', '/text', [], 'body') + get('/text', 'Connection: close')],
      [get('/close') + get('/never')],
      [get('/text').repeat(50)],
    ],
  },
  {
    name: 'HTTP/1.0',
    connections: paths.flatMap((path) => [
      [old('GET', path)],
      [old('HEAD', path)],
      [old('POST', path, 'Content-Length: 4') + 'body'],
    ]),
  },
  {
    name: 'HTTP/1.0 that keeps its connection',
    connections: [
      ...paths.map((path) => [old('GET', path, 'Connection: keep-alive'), old('GET', path, 'Connection: keep-alive')]),
      [
        old('GET', '/text', 'Connection: Keep-Alive, x'),
        old('HEAD', '/text', 'Connection: keep-alive'),
        old('GET', '/text'),
      ],
      [old('GET', '/text', 'Connection: keep-alive').repeat(3) + old('GET', '/text')],
    ],
  },
  {
    name: 'Connection in a request',
    connections: [
      [get('/text', 'Connection: close')],
      [get('/chunks', 'Connection: CLOSE')],
      [get('/text', 'Connection: keep-alive'), get('/text', 'Connection: x, close')],
      [get('/text', 'Connection: Upgrade', 'Upgrade: websocket'), get('/text')],
      [get('/text', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA')],
    ],
  },
  {
    name: 'bytes that come one by one',
    connections: [
      async (client) => {
        for (const byte of get('/text')) client.send(byte, []);
        client.send('', ['GET']);
        await client.answered();
      },
    ],
  },
  {
    name: 'a client that sends no more after its request',
    connections: [
      async (client) => {
        await client.send(get('/text')).answered();
        await client.end().ended();
      },
      async (client) => {
        client.send(get('/text') + get('/text'));
        await client.end().ended();
      },
    ],
  },
];

testSame(
  cases.map((one) => ({
    ...one,
    app: (app) => {
      for (const [path, handler] of Object.entries(routes)) app.all(path, handler);
    },
  })),
);
