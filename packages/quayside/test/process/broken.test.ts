// Broken requests, and valid ones that are unusual, to this server and to Node's own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import express from 'express';
import { bytesOf, Client } from '../../harness/bytes';
import { createServer } from '../../src/http/server';
import { corpus, halfClosed, limits, outcomeOf, type Entry, type Outcome } from '../corpus';
import { config, log } from '../unit/observer';

const release = Number(process.versions.node.split('.')[0]);
const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
writeFileSync(join(dir, 'file'), '0123456789');

/** How many requests the service has seen, but for probes. */
let reached = 0;

const service = express().disable('x-powered-by');
service.get('/probe', (_req, res) => {
  res.send('probe');
});
service.use((_req, _res, next) => {
  reached += 1;
  next();
});
service.get('/tagged', (_req, res) => {
  res.set('ETag', '"1"').send('tagged');
});
service.get('/file', (_req, res) => {
  res.sendFile(join(dir, 'file'));
});
service.all('/early', (_req, res) => {
  res.send('early');
});
// When what came with the request has been read, too.
service.get('/slow', (_req, res) => {
  setImmediate(() => setImmediate(() => res.send('slow')));
});
service.get('/ended', (req, res) => {
  req.socket.once('end', () => setImmediate(() => res.send('ended')));
});
service.use((req, res) => {
  req.resume().on('end', () => res.send('read'));
});

const servers: Record<'own' | 'node', Server> = {
  node: createHttpServer({ maxHeaderSize: limits.MAX_HEADER_SIZE }, service),
  own: createServer(service, { config: { ...config, ...limits }, log }),
};
beforeAll(async () => {
  for (const server of Object.values(servers)) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  for (const server of Object.values(servers)) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(dir, { recursive: true });
});

/** Sends bytes, and sees what becomes of them; how, is known by what is expected. */
async function outcome(
  which: 'own' | 'node',
  bytes: string,
  { answers, then }: Outcome,
  isHalfClosed: boolean,
): Promise<Outcome> {
  reached = 0;
  const client = new Client((servers[which].address() as AddressInfo).port).send(bytes);
  if (isHalfClosed) client.end();
  /** Something else than what is expected may never come. */
  const soon = (what: Promise<unknown>) => Promise.race([what, pause(10_000, undefined, { ref: false })]);
  try {
    if (then === 'closes') {
      await soon(client.ended());
      return { answers: statusesOf(client), then: client.hasEnded ? 'closes' : 'stays', reached };
    }
    await soon(client.saw((of) => of.answers.length >= answers.length));
    client.send(bytesOf('GET', '/probe'));
    if (then === 'waits') client.end();
    await soon(then === 'waits' ? client.ended() : client.saw((of) => of.answers.length > answers.length));
    const isProbed = client.answers.at(-1)?.body === 'probe';
    const statuses = statusesOf(client);
    return {
      answers: isProbed ? statuses.slice(0, -1) : statuses.slice(0, answers.length),
      then: isProbed ? 'stays' : client.hasEnded && then !== 'waits' ? 'closes' : 'waits',
      reached,
    };
  } finally {
    client.destroy();
  }
}

/** The statuses of the answers, of which there is to be nothing left. */
function statusesOf({ received, answers }: Client): number[] {
  const length = answers.reduce((sum, { head, body }) => sum + head.length + body.length, 0);
  expect(received.slice(length)).toBe('');
  return answers.map(({ status }) => status);
}

/** Compares what becomes of an entry with what is expected of both servers. */
async function expectOutcomes([bytes, own, node = own]: Entry, isHalfClosed = false): Promise<void> {
  const expected = { own: outcomeOf(own, release), node: outcomeOf(node, release) };
  expect({
    own: await outcome('own', bytes, expected.own, isHalfClosed),
    node: await outcome('node', bytes, expected.node, isHalfClosed),
  }).toEqual(expected);
}

describe.each(Object.entries(corpus))('RFC %s', (_, entries) => {
  test.each(Object.entries(entries))('%s', (_, entry) => expectOutcomes(entry));
});

describe('RFC 9112 9.6, a client that sends no more', () => {
  test.each(Object.entries(halfClosed))('%s', (_, entry) => expectOutcomes(entry, true));
});

test('there are more than 300, and those which Node treats in another way say why', () => {
  const all = [...Object.values(corpus), halfClosed].flatMap((entries) => Object.values(entries));
  expect(all.length).toBeGreaterThan(300);
  for (const [bytes, own, node, why] of all) {
    if (node === undefined) continue;
    const releases = [20, 22, 24, 26].filter((one) => {
      expect(why).toMatch(/\S/);
      return JSON.stringify(outcomeOf(own, one)) !== JSON.stringify(outcomeOf(node, one));
    });
    expect({ bytes, differing: releases.length > 0 }).toEqual({ bytes, differing: true });
  }
});
