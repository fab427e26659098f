// The HTTP server around the service: health first, then the service, then what it left unhandled.
import { createServer as createHttpServer, type Server, type ServerResponse } from 'node:http';
import type { Express, Request, Response } from 'express';
import { answerHealth } from './health';
import type { Logger } from './log';
import { answerUnhandled, answerUnparsed } from './unhandled';

/** What app/identidock.ts exports; a promise where the service has something to wait for before it serves. */
export type CreateApp = () => Express | Promise<Express>;

export interface ServerOptions {
  log: Logger;
  /** Whether answers to errors show the trace. */
  showTraces: boolean;
  /** Whether new requests are welcome; always, where absent. */
  isReady?: () => boolean;
  /** Called with the response of each request that goes to the service. */
  onRequest?: (res: ServerResponse) => void;
}

/**
 * Makes the server that serves an Express app. It does not listen.
 * @param app - the service; it is called as a middleware is, so that what it does not handle comes back here
 */
export function createServer(app: Express, options: ServerOptions): Server {
  app.disable('x-powered-by');
  const server = createHttpServer((req, res) => {
    if (answerHealth(req, res, options.isReady?.() ?? true)) return;
    options.onRequest?.(res);
    // Express gives these objects the prototypes of its Request and Response.
    const [request, response] = [req as Request, res as Response];
    app(request, response, (error?: unknown) => {
      try {
        answerUnhandled(request, response, error, options);
      } catch (failure) {
        // An error may be any object: one whose headers cannot be sent, say. That must not end the process.
        answerUnhandled(request, response, failure, options);
      }
    });
  });
  answerUnparsed(server);
  return server;
}
