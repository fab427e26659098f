// Connections that a service takes over when a client asks for an upgrade, such as to WebSocket.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { rawAnswer } from './answer';
import type { Connection } from './connection';
import type { Exchange, Exchanges } from './exchange';
import { Frames } from './frames';

/** A Close frame with the code 1001, "going away": RFC 6455, sections 5.5.1 and 7.4.1. */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** What watchUpgrades() needs from the server. */
export interface UpgradeOptions {
  exchanges: Exchanges;
  /** Makes a response for a request. It is never sent, but carries the status for the log and the stats. */
  responseTo: (req: IncomingMessage) => Response;
  /** Adds a request to those in flight, unless it is refused. @returns its exchange, or the status to refuse it with */
  begin: (req: Request, res: Response, connection: Connection) => Exchange | number;
  /** Called if the service throws. */
  onError: (exchange: Exchange, error: unknown) => void;
  /** Called if the service takes too long to answer. */
  onLate: (exchange: Exchange) => void;
  /** How long it may take, in ms; 0: no limit. */
  timeout: number;
}

/**
 * Counts, logs and ends connections that a server's 'upgrade' listeners take over, like requests. Without a listener, Node
 * treats such a request as an ordinary one.
 */
export function watchUpgrades(server: Server, options: UpgradeOptions): void {
  const { exchanges, responseTo, begin, onError, onLate, timeout } = options;
  const listeners = server.listeners('upgrade') as ((...args: unknown[]) => unknown)[];
  if (listeners.length === 0) return;

  // From Node 24.9 on. An h2c upgrade, as from curl --http2, becomes an ordinary request.
  Object.assign(server, {
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() !== 'h2c',
  });
  server.removeAllListeners('upgrade').on('upgrade', (incoming, _socket, head) => {
    const req = incoming as Request;
    const { socket } = incoming;
    const connection = exchanges.connectionOf(socket);
    // Node has removed its own.
    socket.on('error', () => undefined);
    const isFirst = connection.oldest() === undefined;
    if (!connection.accepts()) {
      socket.resume();
      return;
    }
    const res = responseTo(req);
    // While an earlier response is in flight, nothing else may write to the socket.
    const exchange = isFirst ? begin(req, res, connection) : 503;
    if (typeof exchange === 'number') {
      socket.on('drain', () => connection.oldest()?.res.emit('drain'));
      connection.endAfterAnswers(rawAnswer(exchange));
      return;
    }
    noteStatus(socket, res);
    const before = socket.bytesWritten;
    /** Answers instead of the service, unless that has already written something. */
    const stepIn = (status: number) => {
      if (socket.bytesWritten === before) socket.end(rawAnswer(status));
      socket.destroySoon();
    };
    if (timeout > 0) {
      const timer = setTimeout(() => {
        if (socket.bytesWritten > before) return;
        onLate(exchange);
        stepIn(503);
      }, timeout).unref();
      res.once('close', () => {
        clearTimeout(timer);
      });
    }
    try {
      for (const listener of listeners) listener.call(server, req, socket, head);
    } catch (error) {
      onError(exchange, error);
      stepIn(500);
    }
  });
}

/** @returns whether the service has taken over an exchange's connection; the exchange then ends with it */
export function isTaken({ connection }: Exchange): boolean {
  return connection.findTaker() !== undefined;
}

/** What the service has written: if it relays another server's data, it may stop in the middle of a frame. */
const frames = new WeakMap<Socket, Frames>();

/** WebSockets that have been told that the server is going away. */
const told = new WeakSet<Socket>();

/**
 * Ends a connection that the service has taken over. A WebSocket first gets a close frame, so that both ends can close it.
 * The second call ends it, and the third cuts it, because a client that does not read would hold it open. If the service
 * has already sent a close frame, the client ignores the second one.
 */
export function endTaken({ req, res, connection: { socket } }: Exchange): void {
  const isWebSocket = req.headers.upgrade?.toLowerCase() === 'websocket' && res.statusCode < 300;
  const isTold = told.has(socket);
  if (isWebSocket) told.add(socket);
  if (isTold && socket.writableEnded) socket.destroy();
  else if (isTold || !isWebSocket || !socket.writable) socket.destroySoon();
  else if (frames.get(socket)?.isWhole() !== false) socket.write(GOING_AWAY);
}

/** Ends every connection that the service has taken over, as endTaken() does. */
export function endAllTaken({ inFlight }: Exchanges): void {
  [...inFlight].filter(isTaken).forEach(endTaken);
}

/** Records on the response the status that the service writes to the socket itself. */
function noteStatus(socket: Socket, res: Response): void {
  let isNoted = false;
  const written = new Frames();
  frames.set(socket, written);
  for (const name of ['write', 'end'] as const) {
    const own = socket[name].bind(socket) as (...args: unknown[]) => never;
    const noting = (...args: unknown[]) => {
      if (!isNoted) res.statusCode = statusIn(args[0]);
      isNoted = true;
      written.push(args[0], args[1]);
      return own(...args);
    };
    socket[name] = noting;
  }
}

/** @returns the status at the beginning of a raw response; 101 if it cannot be read */
function statusIn(answer: unknown): number {
  const begin = typeof answer === 'string' || Buffer.isBuffer(answer) ? answer.slice(0, 16).toString() : '';
  return Number(/^HTTP\/1\.\d (\d{3})\b/.exec(begin)?.[1] ?? 101);
}
