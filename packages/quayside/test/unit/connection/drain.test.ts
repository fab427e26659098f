// A drain, for clients that are refused meanwhile.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fetch } from '../../../harness/fetch';
import { Exchanges } from '../../../src/http/exchange';
import { createServer } from '../../../src/http/server';
import { drainServer } from '../../../src/worker/drain';
import { config, log } from '../observer';
import { Client, get, service } from './client';

test('leaves one that still sends the time to see its answer, and does not wait for its end', async () => {
  const exchanges = new Exchanges();
  const app = service({
    // Behind the first look for idle connections.
    '/slow': (_req, res) => {
      setTimeout(() => res.send('slow'), 1500);
    },
  });
  const server = createServer(app, { config, log, exchanges }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = (await Client.connect(port, { allowHalfOpen: true })).say(get());
  await client.hears(/hello/);

  const answer = fetch(port, '/slow');
  await once(server, 'request');
  const drained = drainServer(server, exchanges);
  // Node takes it for idle: the request has come whole.
  client.say('GET / HTTP/1.1\r\n\r\n');
  const sending = setInterval(() => client.say('x'), 10);
  await answer;
  expect(client.error).toBeUndefined();
  expect(client.received).toMatch(/HTTP\/1\.1 400 /);
  clearInterval(sending);
  await drained;
  client.socket.destroy();
});
