// A request with its response, from the end of the request's headers to the response's close; and all that are in flight.
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Request, Response } from 'express';

export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  /** These three as they came: the service may change the request's, and a closed connection forgets its client. */
  readonly method: string;
  readonly url: string;
  readonly client: string | undefined;
  /** Whether it is a health check, which the service never sees. */
  readonly isHealth: boolean;
  /** When the request's headers had come, as performance.now() says it, in ms. */
  readonly start: number;
}

/** What is known of a connection that has sent a request. */
interface Connection {
  /** The response to its last request. */
  last: ServerResponse;
  /** What it had sent when a response of its was last closed, in bytes. */
  sent: number;
}

/** The exchanges of one server. */
export class Exchanges {
  /** From the oldest to the youngest. */
  readonly inFlight = new Set<Exchange>();
  private readonly connections = new WeakMap<Duplex, Connection>();

  /** @returns the response to the last request of a connection, which may be closed; undefined where it has sent none */
  lastOf(socket: Duplex): ServerResponse | undefined {
    return this.connections.get(socket)?.last;
  }

  /**
   * Puts a request among those in flight until its response is closed.
   * @param onEnd - called once, when it is, whether it was sent whole or not; with the bytes sent, headers and body
   */
  begin(exchange: Exchange, onEnd: (exchange: Exchange, bytes: number) => void): void {
    const { req, res } = exchange;
    const { socket } = req;
    let connection = this.connections.get(socket);
    if (connection === undefined) {
      connection = { last: res, sent: 0 };
      this.connections.set(socket, connection);
    }
    connection.last = res;
    this.inFlight.add(exchange);
    res.on('close', () => {
      if (!this.inFlight.delete(exchange)) return;
      const { bytesWritten } = socket;
      const bytes = bytesWritten - connection.sent;
      connection.sent = bytesWritten;
      onEnd(exchange, bytes);
    });
    closeIfQueued(res);
  }
}

/**
 * Node tells of an answer's end by its 'close'; but older releases, 20 among them, do not for answers queued behind
 * another, by pipelining, when their connection goes. This has such answers, too, emit 'close', and only where Node
 * does not, so that whatever waits for them can rely on it.
 */
function closeIfQueued(res: Response): void {
  // Only an answer that waits for its turn has no socket yet.
  if (res.socket !== null) return;
  const { socket } = res.req;
  const close = () =>
    // Node, where it tells, does so once the listeners of the connection have been called.
    setImmediate(() => {
      if (res.socket === null && !res.closed) res.emit('close');
    });
  // There is one for each answer that waits, and Node would warn of more than ten.
  socket.setMaxListeners(0);
  socket.once('close', close);
  res.once('close', () => socket.off('close', close));
}
