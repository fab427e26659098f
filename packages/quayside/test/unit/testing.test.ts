import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { WebSocket, WebSocketServer } from 'ws';
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
  const { close } = await testServer(() => ({ app: express(), close: () => Promise.reject(new Error('not closed')) }));
  await expect(close()).rejects.toThrow('close() of the service has failed');
});
