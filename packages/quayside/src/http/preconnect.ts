// Connections that a client opens in advance, as proxies and browsers do. Until it sends something, they are idle.
import type { Socket } from 'node:net';
import { connectionOf } from './connection';
import type { Exchanges } from './exchange';

/** How long after the limit Node may notice that headers are too slow, in ms: it checks every half second. */
const LATE_MS = 1000;

export interface IdleTimes {
  /** How long a client has to send the headers of a request, in ms. */
  headers: number;
  /** How long an idle connection stays open, in ms. */
  keepAlive: number;
}

/**
 * @returns whether Node has given up a connection that is merely idle: it times the first request's headers from the start
 *   of the connection, not from their first byte
 * @param code - of Node's error
 */
export function isUnused(socket: Socket, code: string | undefined): boolean {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0;
}

/**
 * Keeps such a connection as long as one that is idle between requests, then closes it without a response: a 408 could
 * cross a request on its way and be taken for its response. If a request comes after all, Node times its headers from
 * their first byte.
 */
export function keepUnused(socket: Socket, { unused }: Exchanges, { headers, keepAlive }: IdleTimes): void {
  unused.add(socket);
  const close = () => {
    if (connectionOf(socket) === undefined) socket.destroy();
  };
  let timer = setTimeout(
    () => {
      if (socket.bytesRead === 0) close();
      // Empty lines may precede a request, and Node does not time them.
      else timer = setTimeout(close, headers + LATE_MS).unref();
    },
    Math.max(0, keepAlive - headers),
  ).unref();
  socket.once('close', () => {
    clearTimeout(timer);
    unused.delete(socket);
  });
}
