// Ends a server without cutting an answer: no new connection, and what is in flight or already on its way is answered.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';

/** How long an idle keep-alive connection stays open for a request that is already on its way, in ms. */
const IDLE_MS = 1000;

/**
 * Readies a server, before it listens, to be drained.
 * @returns the drain: resolves when the last connection is closed; how long that may take is the caller's to bound
 */
export function createDrain(server: Server): () => Promise<void> {
  const inFlight = new Set<ServerResponse>();
  let draining = false;

  server.prependListener('request', (_req, res: ServerResponse) => {
    if (draining) res.setHeader('Connection', 'close');
    inFlight.add(res);
    res.once('close', () => inFlight.delete(res));
  });

  const closeIdle = () => {
    // Node takes a connection for idle whose answer is written, but not yet sent to a slow client.
    const sending = [...inFlight].some((res) => res.writableEnded && res.socket?.destroyed === false);
    if (!sending) server.closeIdleConnections();
  };

  return async () => {
    draining = true;
    // Of answers that are queued on one connection, the last one: after it, nothing more is sent.
    const last = new Map([...inFlight].map((res) => [res.req.socket, res]));
    for (const res of last.values()) if (!res.headersSent) res.setHeader('Connection', 'close');
    // http.Server's own close() also closes idle connections at once, and a request on its way to one is lost.
    const closed = new Promise<void>((resolve) =>
      NetServer.prototype.close.call(server, () => {
        resolve();
      }),
    );
    // Right after Node has read what had come: from a timer, a request that waits to be read would be lost.
    const timer = setInterval(() => setImmediate(closeIdle), IDLE_MS);
    await closed;
    clearInterval(timer);
  };
}
