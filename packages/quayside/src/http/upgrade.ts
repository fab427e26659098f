// Connections that a service takes over when a client asks for an upgrade, as to WebSocket.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { rawAnswer } from './answer';
import type { Connection } from './connection';
import type { Exchange, Exchanges } from './exchange';
import { Frames } from './frames';

/** A Close frame with the code 1001, "going away": RFC 6455, sections 5.5.1 and 7.4.1. */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** What the server does about a request for an upgrade. */
export interface UpgradeOptions {
  exchanges: Exchanges;
  /** Makes a response for a request: it is never sent, but tells the log and the stats what was. */
  responseTo: (req: IncomingMessage) => Response;
  /** Puts a request among those in flight, unless it is refused. @returns its exchange, or the status to refuse it by */
  begin: (req: Request, res: Response, connection: Connection) => Exchange | number;
  /** Called where the service throws. */
  onError: (exchange: Exchange, error: unknown) => void;
  /** Called where the service takes too long to answer. */
  onLate: (exchange: Exchange) => void;
  /** How long it may take, in ms; 0: for ever. */
  timeout: number;
}

/**
 * Has what a server's listeners take over by 'upgrade' counted, logged and ended as requests are. Where there is no listener,
 * Node takes such a request for one that asks for no upgrade.
 */
export function watchUpgrades(server: Server, options: UpgradeOptions): void {
  const { exchanges, responseTo, begin, onError, onLate, timeout } = options;
  const listeners = server.listeners('upgrade') as ((...args: unknown[]) => unknown)[];
  if (listeners.length === 0) return;

  // From Node 24.9 on. Of a client that also speaks HTTP/2, as curl --http2, it is a request like any other.
  Object.assign(server, {
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() !== 'h2c',
  });
  server.removeAllListeners('upgrade').on('upgrade', (incoming, _socket, head) => {
    const req = incoming as Request;
    const { socket } = incoming;
    const connection = exchanges.connectionOf(socket);
    // Node has taken its own away.
    socket.on('error', () => undefined);
    const isFirst = connection.oldest() === undefined;
    if (!connection.accepts()) {
      socket.resume();
      return;
    }
    const res = responseTo(req);
    // Behind an answer in flight, nobody else may write.
    const exchange = isFirst ? begin(req, res, connection) : 503;
    if (typeof exchange === 'number') {
      socket.on('drain', () => connection.oldest()?.res.emit('drain'));
      connection.endAfterAnswers(rawAnswer(exchange));
      return;
    }
    noteStatus(socket, res);
    const before = socket.bytesWritten;
    /** Answers in the service's place; what that has begun cannot be taken back. */
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

/** @returns whether the service has taken over the connection of an exchange: it ends when that does */
export function isTaken({ connection }: Exchange): boolean {
  return connection.findTaker() !== undefined;
}

/** What the service has written: where it passes on what another server says, it stops anywhere in a frame. */
const frames = new WeakMap<Socket, Frames>();

/** WebSockets that have been told that the server is going away. */
const told = new WeakSet<Socket>();

/**
 * Ends a connection that the service has taken over. A WebSocket is told first, so that its two ends can close it; it is ended
 * when this is called again, and cut at the third time: a client that does not read would hold it open. Where the service has
 * told it already, the client takes no second word.
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

/** Has a response know the status that the service writes to the socket itself. */
function noteStatus(socket: Socket, res: Response): void {
  let isNoted = false;
  const written = new Frames();
  frames.set(socket, written);
  for (const name of ['write', 'end'] as const) {
    const own = socket[name].bind(socket) as (...args: unknown[]) => never;
    socket[name] = (...args: unknown[]) => {
      if (!isNoted) res.statusCode = statusIn(args[0]);
      isNoted = true;
      written.push(args[0], args[1]);
      return own(...args);
    };
  }
}

/** @returns the status with which an answer begins; that of an upgrade where it cannot be read */
function statusIn(answer: unknown): number {
  const begin = typeof answer === 'string' || Buffer.isBuffer(answer) ? answer.slice(0, 16).toString() : '';
  return Number(/^HTTP\/1\.\d (\d{3})\b/.exec(begin)?.[1] ?? 101);
}
