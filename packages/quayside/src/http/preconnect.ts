// Connections that a client has opened ahead, as proxies and browsers do, and has sent nothing on yet: they are idle.
import type { Socket } from 'node:net';
import { connectionOf } from './connection';
import type { Exchanges } from './exchange';

/** How much later than the limit Node may find out that headers are too slow, in ms: it looks each half second. */
const LATE_MS = 1000;

export interface IdleTimes {
  /** How long a client has to send the headers of a request, in ms. */
  headers: number;
  /** How long an idle connection stays open, in ms. */
  keepAlive: number;
}

/**
 * Whether Node has given up a connection that is only idle: it times the headers of the first request from the
 * connection's beginning on, and not from their first byte.
 * @param code - of the error by which Node has
 */
export function isUnused(socket: Socket, code: string | undefined): boolean {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0;
}

/**
 * Keeps such a connection for as long as one that is idle between two requests, and then closes it without an answer: a
 * 408 could cross a request on its way, and would be taken for the answer to that. Node times the headers of a request
 * that comes after all from their first byte on.
 */
export function keepUnused(socket: Socket, { unused }: Exchanges, { headers, keepAlive }: IdleTimes): void {
  unused.add(socket);
  const close = () => {
    if (connectionOf(socket) === undefined) socket.destroy();
  };
  let timer = setTimeout(
    () => {
      if (socket.bytesRead === 0) close();
      // Empty lines may come before a request, and Node does not time them.
      else timer = setTimeout(close, headers + LATE_MS).unref();
    },
    Math.max(0, keepAlive - headers),
  ).unref();
  socket.once('close', () => {
    clearTimeout(timer);
    unused.delete(socket);
  });
}
