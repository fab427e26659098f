// The HTTP server around the service: health first, then the service, then what it left unhandled.
import { createServer as createHttpServer, type Server } from 'node:http';
import type { Express, Request, Response } from 'express';
import { lineOf, pathOf } from './access-log';
import { answer } from './answer';
import { answerHealth } from './health';
import type { Config } from '../config';
import { limitBody, limitTime, refusalOf } from './limits';
import type { Logger } from '../log';
import { onOutcome, type Outcome } from './outcome';
import { closeQueued } from './pipelining';
import { identify, idOf } from './request-id';
import { answerUnhandled } from './unhandled';
import { answerUnparsed } from './unparsed';

/** How often Node looks for connections that are too slow, in ms. Its own default is 30 s. */
const CHECK_MS = 500;

/** What app/identidock.ts exports; a promise where the service has something to wait for before it serves. */
export type CreateApp = () => Express | Promise<Express>;

/** What is told of the requests to the service. */
export interface Observer {
  /** One has come. */
  onRequest: () => void;
  /** Its response is closed. */
  onEnd: (outcome: Outcome) => void;
  /** The service took too long to begin an answer. */
  onTimeout: () => void;
  /** The service did not handle an error. */
  onException: () => void;
  /** Bytes have come that are no request, or not the rest of one. */
  onUnparsed: () => void;
}

export interface ServerOptions {
  config: Config;
  log: Logger;
  /** Whether new requests are welcome; always, where absent. */
  isReady?: () => boolean;
  observer?: Observer;
}

/**
 * Makes the server that serves an Express app. It does not listen.
 * @param app - the service; it is called as a middleware is, so that what it does not handle comes back here
 */
export function createServer(app: Express, { config, log, isReady, observer }: ServerOptions): Server {
  app.disable('x-powered-by');
  if (config.TRUST_PROXY !== false) app.set('trust proxy', config.TRUST_PROXY);
  const errors = { log, showTraces: config.ENV === 'DEV' };
  const late = `no answer within REQUEST_TIMEOUT=${String(config.REQUEST_TIMEOUT)} s`;

  const server = createHttpServer({
    headersTimeout: config.HEADERS_TIMEOUT * 1000,
    requestTimeout: config.RECEIVE_TIMEOUT * 1000,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT * 1000,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: config.MAX_HEADER_SIZE,
    // Refused below, with a request id and a line in the log.
    requireHostHeader: false,
  });
  closeQueued(server);
  answerUnparsed(server, log, observer?.onUnparsed);
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  server.on('checkContinue', (req, res) => {
    if (refusalOf(req, config.MAX_BODY_SIZE) === undefined) res.writeContinue();
    server.emit('request', req, res);
  });

  server.on('request', (incoming, outgoing) => {
    // As Express itself does when it gets them.
    const req = Object.setPrototypeOf(incoming, app.request) as Request;
    const res = Object.setPrototypeOf(outgoing, app.response) as Response;
    identify(req, res);
    const isHealth = answerHealth(req, res, isReady?.() ?? true);
    const writeLine = config.ACCESS_LOG ? lineOf(log, req, isHealth ? 'debug' : 'info') : undefined;
    onOutcome(req, res, (outcome) => {
      writeLine?.(outcome);
      if (!isHealth) observer?.onEnd(outcome);
    });
    if (isHealth) return;
    observer?.onRequest();
    const refusal = refusalOf(req, config.MAX_BODY_SIZE);
    if (refusal !== undefined) {
      // Where a body comes for certain, it is read and dropped; else, nobody knows what the next bytes will be.
      if (refusal !== 413 || req.headers.expect !== undefined) res.setHeader('Connection', 'close');
      answer(req, res, refusal);
      return;
    }
    limitBody(req, res, config.MAX_BODY_SIZE);
    limitTime(req, res, config.REQUEST_TIMEOUT * 1000, () => {
      log.warn({ id: idOf(req), method: req.method, path: pathOf(req) }, late);
      observer?.onTimeout();
    });
    app(req, res, (error?: unknown) => {
      let exceptions = 0;
      const onException = () => {
        exceptions += 1;
      };
      try {
        answerUnhandled(req, res, error, { ...errors, onException });
      } catch (failure) {
        // An error may be any object: one whose headers cannot be sent, say. That must not end the process.
        answerUnhandled(req, res, failure, { ...errors, onException });
      }
      if (exceptions > 0) observer?.onException();
    });
  });
  return server;
}
