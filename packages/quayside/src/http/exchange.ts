// A request with its response, from the end of the request's headers to the response's close; and all that are in flight.
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { Connection, connectionOf } from './connection';

export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly connection: Connection;
  /** These three as they came: the service may change the request's, and a closed connection forgets its client. */
  readonly method: string;
  readonly url: string;
  readonly client: string | undefined;
  /** Whether it is a health check, which the service never sees. */
  readonly isHealth: boolean;
  /** When the request's headers had come, as performance.now() says it, in ms. */
  readonly start: number;
}

/** The exchanges of one server. */
export class Exchanges {
  /** From the oldest to the youngest. */
  readonly inFlight = new Set<Exchange>();
  /** The connections whose end waits for the client's. */
  readonly lingering = new Set<Connection>();
  /** Connections on which nothing came for as long as a request's headers may take; a request may have come since. */
  readonly unused = new Set<Socket>();

  /** @returns what is known of a connection; it is known from its first request on, or from when it is first asked for */
  connectionOf(socket: Socket): Connection {
    return connectionOf(socket) ?? new Connection(socket, this.lingering);
  }

  /**
   * Puts a request among those in flight until its response is closed.
   * @param onEnd - called once, when it is, whether it was sent whole or not; with the bytes sent, headers and body
   */
  begin(exchange: Exchange, onEnd: (exchange: Exchange, bytes: number) => void): void {
    const { res, connection } = exchange;
    this.inFlight.add(exchange);
    connection.begin(exchange);
    res.on('close', () => {
      if (!this.inFlight.delete(exchange)) return;
      onEnd(exchange, connection.finish(exchange));
    });
  }
}
