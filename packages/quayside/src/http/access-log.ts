// One line in the log for each request, when its answer has ended.
import type { Request } from 'express';
import { writeInfo, type Logger } from '../process/log';
import type { Exchange } from './exchange';
import type { Outcome } from './outcome';
import { idOf } from './request-id';
import { traceOf } from './trace';

/** What JSON escapes. */
const ESCAPED = /[\u0000-\u001f"\\\ud800-\udfff]/;

/** @returns a string as JSON */
const quoted = (text: string) => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);

/** Of shorter times the text is kept, in hundredths of a millisecond: to make it of a fraction takes as long as of all else. */
const MAX_KEPT = 1000;
const kept: string[] = [];

/** @returns a time in ms as JSON, to the hundredth */
function rounded(ms: number): string {
  const hundredths = Math.round(ms * 100);
  if (hundredths >= 0 && hundredths < MAX_KEPT) return (kept[hundredths] ??= String(hundredths / 100));
  return String(hundredths / 100);
}

/** @returns the path that a request asks for, as the log names it: without query, and without a host, or a password for it */
export function pathOf({ originalUrl, url }: Pick<Request, 'originalUrl' | 'url'>): string {
  const target = originalUrl || url;
  // Nearly all of them, and at a fraction of what the expression takes.
  if (target.startsWith('/') && !target.includes('?') && !target.includes('#')) return target;
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(target)?.[1] ?? '';
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
  const id = idOf(req);
  const trace = traceOf(req);
  // What a service may have put in the place of these, or of the clock, has to go through pino.
  const isPlain = !isHealth && Number.isFinite(status) && Number.isFinite(bytes) && Number.isFinite(ms);
  if (isPlain && (client === undefined || typeof client === 'string')) {
    const ofTrace = trace ? `,"trace_id":"${trace.trace_id}","span_id":"${trace.span_id}"` : '';
    const ofClient = client === undefined ? '' : `,"client":${quoted(client)}`;
    const ofEnd = cut === undefined ? '' : ',"aborted":true';
    // In one piece: each that is put together before takes time and memory.
    const fields = `,"id":${quoted(id)}${ofTrace},"method":"${method}","path":${quoted(path)},"status":${String(status)},"bytes":${String(bytes)},"ms":${rounded(ms)}${ofClient}${ofEnd}`;
    if (writeInfo(log, fields, 'request')) return;
  }
  const aborted = cut !== undefined || undefined;
  log[isHealth ? 'debug' : 'info'](
    { id, ...trace, method, path, status, bytes, ms: Number(rounded(ms)), client, aborted },
    'request',
  );
}
