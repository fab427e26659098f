// The server for a service's own tests: everything that production puts around the app, in the test's process.
import type { Server } from 'node:http';
import { Exchanges } from '../http/exchange';
import { createServiceServer } from '../http/server';
import { callHook, createServiceOf, type CreateApp } from '../http/service';
import { endAllTaken } from '../http/upgrade';
import { listen } from '../process/listen';
import { log } from '../process/log';
import { loadConfig } from '../settings/config';
import { checkMetrics } from '../stats/service-metrics';

/** How long a client has to close a WebSocket after a close frame, in ms. */
const AGAIN_MS = 100;

/** A server that listens on a free port of 127.0.0.1. */
export interface TestServer {
  server: Server;
  /**
   * Ends it: drain(), the last responses, close().
   * @throws Error if drain() or close() fails; its cause says why
   */
  close: () => Promise<void>;
}

/**
 * Serves a service for its tests, for example with supertest's request(server): with request ids, limits, req.log and
 * attach(). Settings come from the environment, with production's defaults; LOG_LEVEL is silent unless it is set.
 * @throws ConfigError, StartError, and what createApp() and attach() throw
 */
export async function testServer(createApp: CreateApp): Promise<TestServer> {
  const { LOG_LEVEL = '', LOG_LEVEL_FILE = '' } = process.env;
  const quiet = LOG_LEVEL === '' && LOG_LEVEL_FILE === '' ? { LOG_LEVEL: 'silent' } : {};
  const config = { ...loadConfig({ ...process.env, ...quiet }), HOST: '127.0.0.1' };
  log.level = config.LOG_LEVEL;
  const service = await createServiceOf({ createApp }, 'the service');
  const exchanges = new Exchanges();
  const start = async () => {
    if (service.metrics !== undefined) await checkMetrics(service.metrics);
    const server = await createServiceServer(service, { config, log, exchanges });
    await listen(server, { host: config.HOST, port: 0, variable: 'PORT' });
    return server;
  };
  const server = await start().catch(async (error: unknown) => {
    await callHook(service, 'close', log);
    throw error;
  });
  return {
    server,
    close: async () => {
      let failure: Error | undefined;
      const call = async (name: 'drain' | 'close') => {
        try {
          await service[name]?.();
        } catch (error) {
          failure ??= new Error(`${name}() of the service has failed`, { cause: error });
        }
      };
      // Not awaited: it may itself wait for the server to close, as socket.io's does.
      void call('drain');
      const closed = new Promise((resolve) => server.close(resolve));
      if (service.drain === undefined) endAllTaken(exchanges);
      server.closeIdleConnections();
      const timer = setInterval(() => {
        endAllTaken(exchanges);
        server.closeIdleConnections();
      }, AGAIN_MS);
      await closed;
      clearInterval(timer);
      await call('close');
      if (failure !== undefined) throw failure;
    },
  };
}
