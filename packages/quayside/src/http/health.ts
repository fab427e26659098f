// Liveness and readiness, answered before the service sees the request.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Decides whether the server accepts new requests. */
export interface Readiness {
  /** Whether the server drains. */
  isDraining: () => boolean;
  /** The service's own check, if it has one. */
  ready?: (() => Promise<boolean>) | undefined;
}

/**
 * Answers GET and HEAD of /livez (200 as long as this process serves) and /readyz (200, or 503 while it drains or the
 * service is not ready).
 * @returns whether the request was one of these, and is answered or will be
 */
export function answerHealth(req: IncomingMessage, res: ServerResponse, { isDraining, ready }: Readiness): boolean {
  const { method, url = '' } = req;
  if (!url.startsWith('/livez') && !url.startsWith('/readyz')) return false;
  const [path] = url.split('?', 1);
  if ((path !== '/livez' && path !== '/readyz') || (method !== 'GET' && method !== 'HEAD')) return false;

  const say = (status: 200 | 503, text: string) => {
    res.writeHead(status, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end(text);
  };
  if (path === '/livez') say(200, 'ok\n');
  else if (isDraining()) say(503, 'draining\n');
  else if (ready === undefined) say(200, 'ok\n');
  else {
    void ready().then((isReady) => {
      if (isReady) say(200, 'ok\n');
      else say(503, 'not ready\n');
    });
  }
  return true;
}
