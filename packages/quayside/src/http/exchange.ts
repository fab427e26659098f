// A request with its response, from the end of the request's headers to the response's close, and all those in flight.
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { Connection, connectionOf } from './connection';
import { LinkedList } from './linked-list';

export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly connection: Connection;
  /** These three as received: the service may change the request, and a closed connection forgets its client. */
  readonly method: string;
  readonly url: string;
  readonly client: string | undefined;
  /** Whether it is a health check, which the service never sees. */
  readonly isHealth: boolean;
  /** When the request's headers were complete, by performance.now(), in ms. */
  readonly start: number;
}

/** The exchanges of one server. */
export class Exchanges {
  /** From the oldest to the youngest. */
  readonly inFlight = new LinkedList<Exchange>();
  /** The connections that wait for the client to end its side. */
  readonly lingering = new Set<Connection>();
  /** Connections on which nothing came within the time for headers; a request may have come since. */
  readonly unused = new Set<Socket>();

  /** @returns the connection of a socket; created at its first request, or here */
  connectionOf(socket: Socket): Connection {
    return connectionOf(socket) ?? new Connection(socket, this.lingering);
  }

  /**
   * Adds a request to those in flight, until its response is closed.
   * @param onEnd - called once when it is closed, completely sent or not, with the bytes sent, headers and body
   */
  begin(exchange: Exchange, onEnd: (exchange: Exchange, bytes: number) => void): void {
    const { res, connection } = exchange;
    const link = this.inFlight.add(exchange);
    connection.begin(exchange);
    res.on('close', () => {
      if (!this.inFlight.remove(link)) return;
      onEnd(exchange, connection.finish(exchange));
    });
  }
}
