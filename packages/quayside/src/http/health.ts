// Liveness and readiness, answered before the service sees the request.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Who is asked whether new requests are welcome. */
export interface Readiness {
  /** Whether the server drains. */
  isDraining: () => boolean;
  /** What the service says, where it has a say. */
  ready?: (() => Promise<boolean>) | undefined;
}

/**
 * Answers GET and HEAD of /livez (this process serves) and /readyz (send it new requests: 200, or 503 while it drains or
 * where the service is not ready).
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
