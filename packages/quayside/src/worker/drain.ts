// Drains a server without cutting a response: no new connections, but requests in flight or on their way are answered.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Connection } from '../http/connection';
import type { Exchange, Exchanges } from '../http/exchange';
import { endTaken, isTaken } from '../http/upgrade';

/** How long an idle keep-alive connection stays open for a request that is already on its way, in ms. */
const IDLE_MS = 1000;

/** @returns whether data is still to be sent, although Node considers the connection idle */
function isSending(exchange: Exchange): boolean {
  const { res, connection } = exchange;
  const { socket } = connection;
  if (isTaken(exchange)) return !socket.writableEnded || socket.writableLength > 0;
  return res.writableEnded && !socket.destroyed && res.socket !== null;
}

/**
 * Drains a server. Connections that the service has taken over, such as WebSockets, are ended when everything else is
 * answered; a lingering connection is read for one or two more seconds.
 * @param exchanges - the server's exchanges
 * @returns a promise that resolves when the last connection is closed; the caller limits the time
 */
export async function drainServer(server: Server, { inFlight, lingering, unused }: Exchanges): Promise<void> {
  const last = new WeakMap<Socket, ServerResponse>();

  /** Makes a response its connection's last, instead of one queued before it: after the last, nothing is sent. */
  const makeLast = (res: ServerResponse) => {
    const { socket } = res.req;
    const before = last.get(socket);
    if (before?.headersSent === false) before.removeHeader('Connection');
    last.set(socket, res);
    res.setHeader('Connection', 'close');
  };

  /** Connections that already lingered at the last check: they have had their time. */
  let seen = new Set<Connection>();

  const endIdle = () => {
    const open = [...inFlight];
    const taken = open.filter(isTaken);
    for (const connection of lingering) if (seen.has(connection)) connection.socket.destroy();
    seen = new Set(lingering);
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
    if (taken.length === open.length) taken.forEach(endTaken);
    // Node considers a lingering connection idle, and a client that is still sending would lose its response.
    if (lingering.size === 0 && !open.some(isSending)) server.closeIdleConnections();
  };

  server.prependListener('request', (_req, res: ServerResponse) => {
    makeLast(res);
  });
  // The youngest response of each connection. If its headers are already written, the connection is closed once idle.
  const youngest = new Map([...inFlight].map(({ res }) => [res.req.socket, res]));
  for (const res of youngest.values()) if (!res.headersSent) makeLast(res);
  // http.Server's close() would also close idle connections at once, and a request on its way would be lost.
  const closed = new Promise<void>((resolve) =>
    NetServer.prototype.close.call(server, () => {
      resolve();
    }),
  );
  // setImmediate, because Node has then read pending data: directly in the timer, an unread request would be lost.
  const timer = setInterval(() => setImmediate(endIdle), IDLE_MS);
  await closed;
  clearInterval(timer);
  // A connection closed by the client may be gone before its responses emit 'close' and are counted.
  await Promise.all([...inFlight].map(({ res }) => new Promise((resolve) => res.once('close', resolve))));
}
