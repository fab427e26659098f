// What a request may take: so many bytes of body, so much time until the service begins to answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request } from 'express';
import { refuse } from './answer';
import type { Exchange } from './exchange';

/**
 * Bounds the time until the service begins to answer. One timer does for all, since the oldest is the first to be late.
 * @param ms - how long it may take; 0: for ever
 * @param inFlight - from the oldest to the youngest
 * @param onLate - has to answer in the service's place
 * @returns is to be called when another is in flight
 */
export function createTimeLimit(ms: number, inFlight: Set<Exchange>, onLate: (exchange: Exchange) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const lookAfter = (left: number) => {
    timer = setTimeout(look, left).unref();
  };
  const look = () => {
    timer = undefined;
    for (const exchange of inFlight) {
      if (exchange.res.headersSent) continue;
      const left = exchange.start + ms - performance.now();
      if (left > 0) {
        lookAfter(left);
        return;
      }
      onLate(exchange);
    }
  };
  return () => {
    if (ms > 0 && timer === undefined) lookAfter(ms);
  };
}

/**
 * Looks at what is known of a request before its body comes.
 * @param mostBody - in bytes; 0: any size
 * @returns the status by which it is to be refused; undefined where the service may have it
 */
export function refusalOf(req: IncomingMessage, mostBody: number): 400 | 413 | 417 | undefined {
  const { headers, httpVersion, url = '' } = req;
  // Node would warn of it, and write it to stderr with all that is in it.
  if (!url.startsWith('/') && !url.startsWith('*') && !URL.canParse(url)) return 400;
  if (headers.host === undefined && httpVersion === '1.1') return 400;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 417;
  if (mostBody > 0 && Number(headers['content-length'] ?? 0) > mostBody) return 413;
  return undefined;
}

/**
 * Answers 413 to a body whose length nobody has said, when it has become too large.
 * @param most - in bytes; 0: any size
 */
export function limitBody(req: Request, res: ServerResponse, most: number): void {
  if (most === 0 || req.headers['transfer-encoding'] === undefined) return;
  let received = 0;
  const push = req.push.bind(req);
  req.push = (chunk: Buffer | null, encoding) => {
    received += chunk?.length ?? 0;
    if (received <= most) return push(chunk, encoding);
    if (res.headersSent) req.destroy();
    else refuse(req, res, 413);
    return false;
  };
}
