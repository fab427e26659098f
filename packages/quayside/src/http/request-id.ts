// The request id, by which a client's report, an answer and the lines of the log are found together.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** In lower case, as Node keeps the names of a request's headers. */
export const ID_HEADER = 'x-request-id';

/** What proxies make: UUIDs, hexadecimal, base64, ULIDs, Amazon's Root=1-... And nothing that a log or a shell could trip over. */
const sane = /^[\w.:=+/@-]{1,128}$/;

/**
 * Takes a sane X-Request-Id from the request, or makes one, and sends it back. The service reads it as the request's
 * header, in either case.
 */
export function identify(req: IncomingMessage, res: ServerResponse): void {
  const given = req.headers[ID_HEADER];
  const id = typeof given === 'string' && sane.test(given) ? given : randomUUID();
  req.headers[ID_HEADER] = id;
  res.setHeader('X-Request-Id', id);
}

/** @returns the id that identify() has given to the request; empty where the service has taken the headers away */
export function idOf({ headers }: { headers?: IncomingMessage['headers'] | null }): string {
  return String(headers?.[ID_HEADER] ?? '');
}
