// What a server tells of its requests, and a server that tells it.
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { loadConfig, type Config } from '../../src/settings/config';
import type { Outcome } from '../../src/http/outcome';
import { createServer } from '../../src/http/server';
import { createLog } from '../../src/process/log';

export const config: Config = { ...loadConfig({}), LOG_LEVEL: 'silent' };
export const log = createLog(config);

/** An observer that remembers. */
export function observe() {
  const outcomes: Outcome[] = [];
  const events = new EventEmitter();
  const observer = {
    onRequest: jest.fn(),
    onEnd: (outcome: Outcome) => {
      outcomes.push(outcome);
      events.emit('end');
    },
    onTimeout: jest.fn(),
    onException: jest.fn(),
    onUnparsed: jest.fn(),
  };
  /** Waits until so many requests have ended: a client may have its answer before that. */
  const ended = async (count: number) => {
    while (outcomes.length < count) await once(events, 'end');
    return outcomes;
  };
  return { observer, outcomes, ended };
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Has a service listen on a port of its own, until the test ends. */
export async function serve(app: Express, more: Partial<Config> = {}) {
  const { observer, outcomes, ended } = observe();
  const server = createServer(app, { config: { ...config, ...more }, log, observer }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port, observer, outcomes, ended };
}
