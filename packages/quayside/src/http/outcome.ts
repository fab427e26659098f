// What became of a request, when its response is closed: for the log and for the stats.
import type { Exchange } from './exchange';
import { routeOf } from './route';

export interface Outcome {
  method: string;
  /** The pattern of the route, never a path. */
  route: string;
  status: number;
  /** Sent, headers and body. */
  bytes: number;
  /** From the request's headers to the end of its response. */
  ms: number;
  /** What the client's leaving, or a fault, has cut short. */
  cut: 'request' | 'answer' | undefined;
}

/**
 * Says what became of a request whose response has just been closed.
 * @param bytes - of the response, as sent
 */
export function outcomeOf(exchange: Exchange, bytes: number): Outcome {
  const { req, res, connection, method, start } = exchange;
  const isTaken = !res.writableFinished && connection.findTaker() === exchange;
  return {
    method,
    route: routeOf(req),
    // A route that takes the socket leaves the response as it was.
    status: isTaken && res.statusCode === 200 && req.headers.upgrade !== undefined ? 101 : res.statusCode,
    bytes,
    ms: performance.now() - start,
    cut: req.destroyed && !req.complete ? 'request' : res.writableFinished || isTaken ? undefined : 'answer',
  };
}
