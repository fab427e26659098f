import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Server as SocketServer } from 'socket.io';
import request from 'supertest';
import { WebSocket, WebSocketServer } from 'ws';
import { log } from '../../src/process/log';
import { testServer } from '../../src/testing/server';

test('serves a service as production does, and ends it so', async () => {
  const said: string[] = [];
  const app = express();
  app.get('/', (req, res) => {
    req.log.info('asked');
    res.send('hello');
  });
  const { server, close } = await testServer(() => ({
    app,
    attach: (server) => new WebSocketServer({ server }),
    drain: () => said.push('drain'),
    close: () => Promise.resolve().then(() => said.push('close')),
  }));
  const answer = await request(server).get('/').set('X-Request-Id', 'mine');
  expect([answer.text, answer.get('X-Request-Id')]).toEqual(['hello', 'mine']);
  expect((await request(server).get('/readyz')).text).toBe('ok\n');
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await close();
  expect((await closed)[0]).toBe(1001);
  expect(said).toEqual(['drain', 'close']);
});

test('what is wrong with a service is an error of the test', async () => {
  await expect(testServer(() => null as never)).rejects.toThrow('the service returns null from createApp');
  const metrics = { getMetricsAsJSON: () => Promise.resolve([{ name: 'process_mine', type: 'gauge' }]) };
  await expect(testServer(() => ({ app: express(), metrics }))).rejects.toThrow(
    "process_mine is a name of the server's",
  );
  const { close } = await testServer(() => ({ app: express(), close: () => Promise.reject(new Error('not closed')) }));
  await expect(close()).rejects.toMatchObject({
    message: 'close() of the service has failed',
    cause: new Error('not closed'),
  });
});

test('a drain() that waits for the server to close is not waited for: socket.io has one', async () => {
  const io = new SocketServer();
  const { server, close } = await testServer(() => ({
    app: express(),
    attach: (server) => io.attach(server),
    drain: () => io.close(),
  }));
  // So the connection stays open until somebody closes it.
  server.keepAliveTimeout = 0;
  const { port } = server.address() as AddressInfo;
  const sent = get({ host: '127.0.0.1', port, agent: new Agent({ keepAlive: true }) });
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  await close();
});

test.each([
  ['is empty', '', 'silent'],
  ['is set', 'error', 'error'],
])('where LOG_LEVEL %s, the level is right', async (_, given, expected) => {
  const before = process.env.LOG_LEVEL;
  process.env.LOG_LEVEL = given;
  try {
    const { close } = await testServer(() => express());
    await close();
    expect(log.level).toBe(expected);
  } finally {
    if (before === undefined) delete process.env.LOG_LEVEL;
    else process.env.LOG_LEVEL = before;
  }
});
