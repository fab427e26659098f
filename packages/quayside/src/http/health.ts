// Liveness and readiness, answered before the service sees the request.
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Answers GET and HEAD of /livez (this process serves) and /readyz (send it new requests: 200, or 503 while it drains).
 * @param isReady - whether new requests are welcome
 * @returns whether the request was one of these, and is answered
 */
export function answerHealth(req: IncomingMessage, res: ServerResponse, isReady: boolean): boolean {
  const { method, url = '' } = req;
  if (!url.startsWith('/livez') && !url.startsWith('/readyz')) return false;
  const [path] = url.split('?', 1);
  if ((path !== '/livez' && path !== '/readyz') || (method !== 'GET' && method !== 'HEAD')) return false;

  const well = path === '/livez' || isReady;
  res.writeHead(well ? 200 : 503, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' });
  res.end(well ? 'ok\n' : 'draining\n');
  return true;
}
