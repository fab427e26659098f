// Ends a server without cutting an answer: no new connection, and what is in flight or already on its way is answered.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Connection } from '../http/connection';
import type { Exchange, Exchanges } from '../http/exchange';
import { endTaken, isTaken } from '../http/upgrade';

/** How long an idle keep-alive connection stays open for a request that is already on its way, in ms. */
const IDLE_MS = 1000;

/** Whether something is still to be sent there, though Node takes the connection for idle. */
function isSending(exchange: Exchange): boolean {
  const { res, connection } = exchange;
  const { socket } = connection;
  if (isTaken(exchange)) return !socket.writableEnded || socket.writableLength > 0;
  return res.writableEnded && !socket.destroyed && res.socket !== null;
}

/**
 * Drains a server. Connections that the service has taken for itself, as for a WebSocket, are ended when all else is
 * answered; one that lingers is read for one or two seconds more.
 * @param exchanges - what is in flight there
 * @returns when the last connection is closed; how long that may take is the caller's to bound
 */
export async function drainServer(server: Server, { inFlight, lingering, unused }: Exchanges): Promise<void> {
  const last = new WeakMap<Socket, ServerResponse>();

  /** Makes an answer its connection's last, and no longer one that is queued before it: after the last, nothing is sent. */
  const makeLast = (res: ServerResponse) => {
    const { socket } = res.req;
    const before = last.get(socket);
    if (before?.headersSent === false) before.removeHeader('Connection');
    last.set(socket, res);
    res.setHeader('Connection', 'close');
  };

  /** Connections that lingered at the last look: they have had their time. */
  let seen = new Set<Connection>();

  const endIdle = () => {
    const open = [...inFlight];
    const taken = open.filter(isTaken);
    for (const connection of lingering) if (seen.has(connection)) connection.socket.destroy();
    seen = new Set(lingering);
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
    if (taken.length === open.length) taken.forEach(endTaken);
    // Node takes one for idle that lingers, and the answer to a client that still sends would be lost.
    if (lingering.size === 0 && !open.some(isSending)) server.closeIdleConnections();
  };

  server.prependListener('request', (_req, res: ServerResponse) => {
    makeLast(res);
  });
  // By connection, the youngest. Where its headers are made already, the connection is closed when it is idle.
  const youngest = new Map([...inFlight].map(({ res }) => [res.req.socket, res]));
  for (const res of youngest.values()) if (!res.headersSent) makeLast(res);
  // http.Server's own close() also closes idle connections at once, and a request on its way to one is lost.
  const closed = new Promise<void>((resolve) =>
    NetServer.prototype.close.call(server, () => {
      resolve();
    }),
  );
  // Right after Node has read what had come: from a timer, a request that waits to be read would be lost.
  const timer = setInterval(() => setImmediate(endIdle), IDLE_MS);
  await closed;
  clearInterval(timer);
  // A connection that the client closed may be gone before its answers are told so, and those who count them.
  await Promise.all([...inFlight].map(({ res }) => new Promise((resolve) => res.once('close', resolve))));
}
