// One line in the log for each request, when its answer has ended.
import type { Request } from 'express';
import type { Logger } from '../process/log';
import type { Exchange } from './exchange';
import type { Outcome } from './outcome';
import { idOf } from './request-id';
import { traceOf } from './trace';

/** @returns the path that a request asks for, as the log names it: without query, and without a host, or a password for it */
export function pathOf({ originalUrl, url }: Pick<Request, 'originalUrl' | 'url'>): string {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(originalUrl || url)?.[1] ?? '';
}

/** @returns the address of who sent the request, as far as TRUST_PROXY lets it be known */
export function clientOf(req: Request): string | undefined {
  // Express goes through all proxies, also where there are none.
  return req.app.enabled('trust proxy') ? req.ip : req.socket.remoteAddress;
}

/**
 * Writes the line of a request, at debug for a health check: they are asked for all day by machines. Of what the client
 * says, only method, path, request id and trace get into the log; no query, other header or cookie.
 * @param outcome - which marks an answer that was cut, or a request, as aborted
 */
export function writeLine(
  log: Logger,
  { req, url, client, isHealth }: Exchange,
  { method, status, bytes, ms, cut }: Outcome,
): void {
  const path = pathOf({ originalUrl: '', url });
  const aborted = cut !== undefined || undefined;
  log[isHealth ? 'debug' : 'info'](
    { id: idOf(req), ...traceOf(req), method, path, status, bytes, ms: Math.round(ms * 100) / 100, client, aborted },
    'request',
  );
}
