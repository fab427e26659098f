// The HTTP server around the service: limits and health checks first, then the service, then whatever it left unhandled.
import { createServer as createHttpServer, type Server } from 'node:http';
import type { Express, Request, Response } from 'express';
import { clientOf, pathOf, writeLine } from './access-log';
import { answer, mute, refuse } from './answer';
import { answerHealth } from './health';
import { attachTo } from './attach';
import type { Config } from '../settings/config';
import type { Connection } from './connection';
import { classesOf } from './express-classes';
import { Exchanges, type Exchange } from './exchange';
import { countInterim } from './interim';
import { createReadiness } from './readiness';
import { createTimeLimit, isLast, limitBody, refusalOf } from './limits';
import type { Logger } from '../process/log';
import { outcomeOf, type Outcome } from './outcome';
import { identify, idOf } from './request-id';
import { addRequestLog } from './request-log';
import { patchSend } from './send';
import type { Service } from './service';
import { takeTrace, traceOf } from './trace';
import { answerUnhandled, type UnhandledOptions } from './unhandled';
import { answerUnparsed } from './unparsed';
import { watchUpgrades } from './upgrade';

/** How often Node checks for slow connections, in ms. Its own default is 30 s. */
const CHECK_MS = 500;

/** Callbacks for the requests to the service. */
export interface Observer {
  /** A request has arrived. */
  onRequest: () => void;
  /** Its response is closed. */
  onEnd: (outcome: Outcome) => void;
  /** The service took too long to start a response. */
  onTimeout: () => void;
  /** The service did not handle an error. */
  onException: () => void;
  /** Received bytes are not a request, or not the rest of one. */
  onUnparsed: () => void;
}

export interface ServerOptions {
  config: Config;
  log: Logger;
  /** Whether the server drains; never by default. */
  isDraining?: () => boolean;
  observer?: Observer;
  /** The exchanges in flight, if other code needs them. */
  exchanges?: Exchanges;
}

/**
 * Creates the server of an Express app. It does not listen.
 * @param app - the service; called like middleware, so unhandled requests come back here
 */
export function createServer(app: Express, options: ServerOptions): Server {
  return createAround({ app }, options).server;
}

/**
 * Creates the server of a service and calls the service's attach(). It does not listen.
 * @throws what the service's attach() throws
 */
export async function createServiceServer(service: Service, options: ServerOptions): Promise<Server> {
  const { server, attach } = createAround(service, options);
  await attach();
  return server;
}

function createAround(
  { app, attach, ready }: Service,
  { config, log, isDraining = () => false, observer, exchanges = new Exchanges() }: ServerOptions,
): { server: Server; attach: () => Promise<void> } {
  app.disable('x-powered-by');
  if (config.TRUST_PROXY !== false) app.set('trust proxy', config.TRUST_PROXY);
  patchSend(app);
  countInterim(app, exchanges);
  const readiness = { isDraining, ready: ready && createReadiness(ready, log) };
  addRequestLog(app, log);
  const errors = { log, showTraces: config.mode === 'development' };
  const late = `no answer within REQUEST_TIMEOUT=${String(config.REQUEST_TIMEOUT)} s`;
  /** Answers instead of the service. That may throw, because of an error's headers or a modified response. */
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
  const timeout = config.REQUEST_TIMEOUT * 1000;
  const onLate = ({ req, method }: Exchange) => {
    log.warn({ id: idOf(req), ...traceOf(req), method, path: pathOf(req) }, late);
    observer?.onTimeout();
  };
  const watchTime = createTimeLimit(timeout, exchanges.inFlight, (exchange) => {
    const { req, res } = exchange;
    onLate(exchange);
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

  const begin = (req: Request, res: Response, connection: Connection, isHealth: boolean) => {
    const client = config.ACCESS_LOG ? clientOf(req) : undefined;
    const { method, url } = req;
    const exchange = { req, res, connection, method, url, client, isHealth, start: performance.now() };
    exchanges.begin(exchange, onEnd);
    if (!isHealth) observer?.onRequest();
    return exchange;
  };

  const classes = classesOf(app);
  const server = createHttpServer({
    ...classes,
    headersTimeout: config.HEADERS_TIMEOUT * 1000,
    requestTimeout: config.RECEIVE_TIMEOUT * 1000,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT * 1000,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: config.MAX_HEADER_SIZE,
    // Refused below, with a request id and a log line.
    requireHostHeader: false,
  });
  // refusalOf() counts them: older releases, such as 20, would drop headers beyond their limit, even Content-Length.
  server.maxHeadersCount = 0;
  // A client that has ended its side may still wait for responses. Connection limits their time.
  Object.assign(server, { httpAllowHalfOpen: true });
  const times = { headers: config.HEADERS_TIMEOUT * 1000, keepAlive: config.KEEP_ALIVE_TIMEOUT * 1000 };
  answerUnparsed(server, { exchanges, log, times, onUnparsed: observer?.onUnparsed });
  for (const event of ['checkContinue', 'checkExpectation'] as const) {
    server.on(event, (req, res) => server.emit('request', req, res));
  }

  const onUnhandled = (exchange: Exchange, error: unknown) => {
    stepIn(exchange, (options) => {
      answerUnhandled(exchange, error, options);
    });
  };
  const serveApp = (exchange: Exchange) => {
    app(exchange.req, exchange.res, (error?: unknown) => {
      onUnhandled(exchange, error);
    });
  };
  let serve = serveApp;

  server.on('request', (incoming, outgoing) => {
    const req = incoming as Request;
    const res = outgoing as Response;
    const connection = exchanges.connectionOf(req.socket);
    if (!connection.accepts()) return;
    identify(req, res);
    takeTrace(req);
    const refusal = refusalOf(req, config.MAX_BODY_SIZE);
    const isHealth = refusal === undefined && answerHealth(req, res, readiness);
    const exchange = begin(req, res, connection, isHealth);
    if (isHealth) return;
    if (refusal !== undefined) {
      // A body that is certain to come is read and dropped. Otherwise the meaning of the next bytes is unknown.
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
    serve(exchange);
  });

  return {
    server,
    attach: async () => {
      if (attach === undefined) return;
      serve = await attachTo(server, attach, { serveApp, onError: onUnhandled });
      watchUpgrades(server, {
        exchanges,
        responseTo: (req) => new classes.ServerResponse(req) as Response,
        begin: (req, res, connection) => {
          identify(req, res);
          takeTrace(req);
          return refusalOf(req, config.MAX_BODY_SIZE) ?? begin(req, res, connection, false);
        },
        timeout,
        onLate,
        onError: onUnhandled,
      });
    },
  };
}
