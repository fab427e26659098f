// The outcome of a request, once its response is closed: for the log and the stats.
import type { Exchange } from './exchange';
import { routeOf } from './route';

export interface Outcome {
  method: string;
  /** The pattern of the route, never a path. */
  route: string;
  status: number;
  /** Bytes sent, headers and body. */
  bytes: number;
  /** From the request's headers to the end of its response. */
  ms: number;
  /** Which of the two was cut short, by the client's leaving or a fault. */
  cut: 'request' | 'answer' | undefined;
}

/**
 * Determines the outcome of a request whose response has just been closed.
 * @param bytes - of the response, as sent
 */
export function outcomeOf(exchange: Exchange, bytes: number): Outcome {
  const { req, res, connection, method, start } = exchange;
  const isTaken = !res.writableFinished && connection.findTaker() === exchange;
  return {
    method,
    route: routeOf(req),
    // A route that takes over the socket leaves the response unchanged.
    status: isTaken && res.statusCode === 200 && req.headers.upgrade !== undefined ? 101 : res.statusCode,
    bytes,
    ms: performance.now() - start,
    cut: req.destroyed && !req.complete ? 'request' : res.writableFinished || isTaken ? undefined : 'answer',
  };
}
