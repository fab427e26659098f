// The HTTP server around the service: the limits and health first, then the service, then what it left unhandled.
import { createServer as createHttpServer, type Server } from 'node:http';
import type { Express, Request, Response } from 'express';
import { clientOf, pathOf, writeLine } from './access-log';
import { answer, mute, refuse } from './answer';
import { answerHealth } from './health';
import type { Config } from '../settings/config';
import { classesOf } from './express-classes';
import { Exchanges, type Exchange } from './exchange';
import { countInterim } from './interim';
import { createTimeLimit, isLast, limitBody, refusalOf } from './limits';
import type { Logger } from '../process/log';
import { outcomeOf, type Outcome } from './outcome';
import { identify, idOf } from './request-id';
import { patchSend } from './send';
import { answerUnhandled, type UnhandledOptions } from './unhandled';
import { answerUnparsed } from './unparsed';

/** How often Node looks for connections that are too slow, in ms. Its own default is 30 s. */
const CHECK_MS = 500;

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
  /** Where those in flight are kept, for whoever else has to know. */
  exchanges?: Exchanges;
}

/**
 * Makes the server that serves an Express app. It does not listen.
 * @param app - the service; it is called as a middleware is, so that what it does not handle comes back here
 */
export function createServer(
  app: Express,
  { config, log, isReady, observer, exchanges = new Exchanges() }: ServerOptions,
): Server {
  app.disable('x-powered-by');
  if (config.TRUST_PROXY !== false) app.set('trust proxy', config.TRUST_PROXY);
  patchSend(app);
  countInterim(app, exchanges);
  const errors = { log, showTraces: config.mode === 'development' };
  const late = `no answer within REQUEST_TIMEOUT=${String(config.REQUEST_TIMEOUT)} s`;
  /** Answers in the service's place; that may throw, by the headers of an error, or what the service did to a response. */
  const stepIn = (exchange: Exchange, respond: (options: UnhandledOptions) => void) => {
    let exceptions = 0;
    const onException = () => {
      exceptions += 1;
    };
    const options = { ...errors, onException };
    try {
      respond(options);
    } catch (failure) {
      try {
        answerUnhandled(exchange, failure, options);
      } catch {
        exchange.connection.socket.destroy();
      }
    }
    if (exceptions > 0) observer?.onException();
  };
  const watchTime = createTimeLimit(config.REQUEST_TIMEOUT * 1000, exchanges.inFlight, (exchange) => {
    const { req, res, method } = exchange;
    log.warn({ id: idOf(req), method, path: pathOf(req) }, late);
    observer?.onTimeout();
    stepIn(exchange, () => {
      answer(req, res, 503);
    });
    mute(res);
  });
  const onEnd = (exchange: Exchange, bytes: number) => {
    const outcome = outcomeOf(exchange, bytes);
    if (config.ACCESS_LOG) writeLine(log, exchange, outcome);
    if (!exchange.isHealth) observer?.onEnd(outcome);
  };

  const server = createHttpServer({
    ...classesOf(app),
    headersTimeout: config.HEADERS_TIMEOUT * 1000,
    requestTimeout: config.RECEIVE_TIMEOUT * 1000,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT * 1000,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: config.MAX_HEADER_SIZE,
    // Refused below, with a request id and a line in the log.
    requireHostHeader: false,
  });
  // Counted by refusalOf(): older releases, 20 among them, would drop what is beyond their limit, Content-Length with it.
  server.maxHeadersCount = 0;
  // Whoever has sent all they want to say may still wait for the answers. Connection bounds the time of these.
  Object.assign(server, { httpAllowHalfOpen: true });
  answerUnparsed(server, { exchanges, log, onUnparsed: observer?.onUnparsed });
  for (const event of ['checkContinue', 'checkExpectation'] as const) {
    server.on(event, (req, res) => server.emit('request', req, res));
  }

  server.on('request', (incoming, outgoing) => {
    const req = incoming as Request;
    const res = outgoing as Response;
    const connection = exchanges.connectionOf(req.socket);
    if (!connection.accepts()) return;
    identify(req, res);
    const refusal = refusalOf(req, config.MAX_BODY_SIZE);
    const isHealth = refusal === undefined && answerHealth(req, res, isReady?.() ?? true);
    const client = config.ACCESS_LOG ? clientOf(req) : undefined;
    const { method, url } = req;
    const exchange = { req, res, connection, method, url, client, isHealth, start: performance.now() };
    exchanges.begin(exchange, onEnd);
    if (isHealth) return;
    observer?.onRequest();
    if (refusal !== undefined) {
      // Where a body comes for certain, it is read and dropped; else, nobody knows what the next bytes will be.
      if (refusal !== 413 || req.headers.expect !== undefined) refuse(exchange, refusal);
      else answer(req, res, refusal);
      return;
    }
    if (req.headers.expect !== undefined && req.httpVersion === '1.1') res.writeContinue();
    if (isLast(req)) {
      res.shouldKeepAlive = false;
      connection.makeLast();
    }
    limitBody(exchange, config.MAX_BODY_SIZE);
    watchTime();
    app(req, res, (error?: unknown) => {
      stepIn(exchange, (options) => {
        answerUnhandled(exchange, error, options);
      });
    });
  });
  return server;
}
