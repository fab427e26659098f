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
export function outcomeOf({ req, res, method, start }: Exchange, bytes: number): Outcome {
  return {
    method,
    route: routeOf(req),
    status: res.statusCode,
    bytes,
    ms: performance.now() - start,
    cut: req.destroyed && !req.complete ? 'request' : res.writableFinished ? undefined : 'answer',
  };
}
