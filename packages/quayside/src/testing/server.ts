// The server of a service's own tests: all that production puts around the app, in the test's process.
import type { Server } from 'node:http';
import { Exchanges } from '../http/exchange';
import { createServiceServer } from '../http/server';
import { callHook, createServiceOf, type CreateApp } from '../http/service';
import { endTaken, isTaken } from '../http/upgrade';
import { listen } from '../process/listen';
import { log } from '../process/log';
import { loadConfig } from '../settings/config';

/** How long a client has to close a WebSocket that it was told to, in ms. */
const AGAIN_MS = 100;

/** A server that listens on a free port of 127.0.0.1. */
export interface TestServer {
  server: Server;
  /**
   * Ends it: drain(), the last answers, close().
   * @throws Error where drain() or close() fails; the log says why
   */
  close: () => Promise<void>;
}

/**
 * Serves a service for its tests, as by supertest's request(server), with request ids, limits, req.log and what it attaches.
 * Settings are those of the environment, with the defaults of production; LOG_LEVEL is silent unless it is set.
 * @throws ConfigError, StartError, and what createApp() and attach() throw
 */
export async function testServer(createApp: CreateApp): Promise<TestServer> {
  const config = { ...loadConfig({ LOG_LEVEL: 'silent', ...process.env }), HOST: '127.0.0.1' };
  log.level = config.LOG_LEVEL;
  const service = await createServiceOf({ createApp }, 'the service');
  const exchanges = new Exchanges();
  const server = await createServiceServer(service, { config, log, exchanges });
  await listen(server, { host: config.HOST, port: 0, variable: 'PORT' });
  return {
    server,
    close: async () => {
      const isDrained = await callHook(service, 'drain', log);
      const closed = new Promise((resolve) => server.close(resolve));
      const endAll = () => {
        [...exchanges.inFlight].filter(isTaken).forEach(endTaken);
        server.closeIdleConnections();
      };
      endAll();
      const timer = setInterval(endAll, AGAIN_MS);
      await closed;
      clearInterval(timer);
      const isClosed = await callHook(service, 'close', log);
      if (!isDrained || !isClosed) throw new Error(`${isDrained ? 'close' : 'drain'}() of the service has failed`);
    },
  };
}
