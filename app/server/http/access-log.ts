// One line in the log for each request, when its answer has ended.
import type { Request } from 'express';
import type { Logger } from '../log';
import type { Outcome } from './outcome';
import { idOf } from './request-id';

/** @returns the path that a request asks for, as the log names it: without query, and without a host, or a password for it */
export function pathOf({ originalUrl, url }: Pick<Request, 'originalUrl' | 'url'>): string {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(originalUrl || url)?.[1] ?? '';
}

/**
 * Readies the line of a request. Of what the client says, only method, path and request id get into the log; no query,
 * header or cookie.
 * @param level - debug for what is asked all day by machines
 * @returns writes the line, which marks an answer that was cut, or a request, as aborted
 */
export function lineOf(log: Logger, req: Request, level: 'info' | 'debug'): (outcome: Outcome) => void {
  const { method } = req;
  const path = pathOf(req);
  // Read now: a closed connection no longer knows.
  const client = req.ip;
  return ({ status, bytes, ms, cut }) => {
    const aborted = cut !== undefined || undefined;
    log[level](
      { id: idOf(req), method, path, status, bytes, ms: Math.round(ms * 100) / 100, client, aborted },
      'request',
    );
  };
}
