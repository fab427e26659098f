// Connections that are opened ahead, before there is a request.
import { once } from 'node:events';
import { Client } from '../../harness/bytes';
import { port, serve, useServer } from '../../harness/server';

useServer();

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const half = 'GET / HTTP/1.1\r\n';

/** Connects, sends nothing, and waits until a request that was begun as late has had its time. */
async function preconnect(): Promise<Client> {
  const client = new Client(port);
  await once(client.socket, 'connect');
  await new Client(port).send(half).ended();
  return client;
}

const settings = { WORKERS: '1', HEADERS_TIMEOUT: '1', KEEP_ALIVE_TIMEOUT: '3600' };

test('one is served when HEADERS_TIMEOUT is over, as often as it asks', async () => {
  await serve(settings);
  const client = await preconnect();
  await client.send(get).answered();
  await client.send(get).answered();
  expect(client.answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(client.hasEnded).toBe(false);
  client.destroy();
});

test('its first request has HEADERS_TIMEOUT from its first byte on', async () => {
  await serve(settings);
  const client = await preconnect();
  await client.send(half).ended();
  expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
});

test('one that stays silent is closed after KEEP_ALIVE_TIMEOUT, without an answer and a line in the log', async () => {
  const server = await serve({ ...settings, KEEP_ALIVE_TIMEOUT: '2' });
  const client = new Client(port);
  await client.ended();
  expect(client.received).toBe('');
  expect(client.error).toBeUndefined();
  await new Client(port).send(get).answered();
  await server.line(/"status":200/);
  expect(server.output()).not.toContain('408');
});

test('one that sends empty lines alone is closed', async () => {
  await serve({ ...settings, KEEP_ALIVE_TIMEOUT: '2' });
  const client = await preconnect();
  await client.send('\r\n\r\n').ended();
  expect(client.received).toBe('');
});

test('a drain does not wait for one', async () => {
  const server = await serve({ ...settings, GRACE: '3600' });
  const client = await preconnect();
  server.kill('SIGTERM');
  await client.ended();
  expect(client.received).toBe('');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});
