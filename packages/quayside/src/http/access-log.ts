// The access log: one line per request, written when its response has ended.
import type { Request } from 'express';
import { writeInfo, type Logger } from '../process/log';
import type { Exchange } from './exchange';
import type { Outcome } from './outcome';
import { idOf } from './request-id';
import { traceOf } from './trace';

/** Characters that JSON escapes. */
const ESCAPED = /[\u0000-\u001f"\\\ud800-\udfff]/;

/** @returns a string as JSON */
const quoted = (text: string) => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);

/** Text of times below this is cached, in hundredths of a ms: formatting the fraction takes as long as the rest of the line. */
const MAX_KEPT = 1000;
const kept: string[] = [];

/** @returns a time in ms as JSON, to the hundredth */
function rounded(ms: number): string {
  const hundredths = Math.round(ms * 100);
  if (hundredths >= 0 && hundredths < MAX_KEPT) return (kept[hundredths] ??= String(hundredths / 100));
  return String(hundredths / 100);
}

/** @returns the requested path for the log, without query, host or credentials */
export function pathOf({ originalUrl, url }: Pick<Request, 'originalUrl' | 'url'>): string {
  const target = originalUrl || url;
  // Nearly all requests, at a fraction of the expression's cost.
  if (target.startsWith('/') && !target.includes('?') && !target.includes('#')) return target;
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(target)?.[1] ?? '';
}

/** @returns the client's address, as far as TRUST_PROXY reveals it */
export function clientOf(req: Request): string | undefined {
  // Express would go through the list of proxies even if it is empty.
  return req.app.enabled('trust proxy') ? req.ip : req.socket.remoteAddress;
}

/**
 * Writes a request's line, at debug for health checks, which machines request all day. Of the client's data, only method,
 * path, request id and trace are logged; no query, other header or cookie.
 * @param outcome - a cut request or response is logged as aborted
 */
export function writeLine(
  log: Logger,
  { req, url, client, isHealth }: Exchange,
  { method, status, bytes, ms, cut }: Outcome,
): void {
  const path = pathOf({ originalUrl: '', url });
  const id = idOf(req);
  const trace = traceOf(req);
  // A service may have replaced any of these, or the clock. Unusual values go through pino.
  const isPlain = !isHealth && Number.isFinite(status) && Number.isFinite(bytes) && Number.isFinite(ms);
  if (isPlain && (client === undefined || typeof client === 'string')) {
    const ofTrace = trace ? `,"trace_id":"${trace.trace_id}","span_id":"${trace.span_id}"` : '';
    const ofClient = client === undefined ? '' : `,"client":${quoted(client)}`;
    const ofEnd = cut === undefined ? '' : ',"aborted":true';
    // One template: intermediate strings would cost time and memory.
    const fields = `,"id":${quoted(id)}${ofTrace},"method":"${method}","path":${quoted(path)},"status":${String(status)},"bytes":${String(bytes)},"ms":${rounded(ms)}${ofClient}${ofEnd}`;
    if (writeInfo(log, fields, 'request')) return;
  }
  const aborted = cut !== undefined || undefined;
  log[isHealth ? 'debug' : 'info'](
    { id, ...trace, method, path, status, bytes, ms: Number(rounded(ms)), client, aborted },
    'request',
  );
}
