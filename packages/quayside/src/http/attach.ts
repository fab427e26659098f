// Lets a service listen for the server's events besides its app, as socket.io does.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Exchange } from './exchange';

/** The request's property for its exchange: many entries in a WeakMap would make minor garbage collections slower. */
const EXCHANGE = Symbol('exchange');

interface Attached {
  [EXCHANGE]?: Exchange;
}

type Listener = (this: Server, req: IncomingMessage, res: ServerResponse) => unknown;

/** What the service's listeners need from the server. */
export interface AttachOptions {
  /** Serves a request with the app. */
  serveApp: (exchange: Exchange) => void;
  /** Called if a listener throws. */
  onError: (exchange: Exchange, error: unknown) => void;
}

/**
 * Lets a service listen for a server's requests. Listeners that it puts in place of the app's run behind the server's own,
 * so limits, request id, log and stats apply to their requests too.
 * @returns the function that serves a request from then on
 * @throws what attach() throws
 */
export async function attachTo(
  server: Server,
  attach: (server: Server) => unknown,
  { serveApp, onError }: AttachOptions,
): Promise<(exchange: Exchange) => void> {
  const own = server.listeners('request');
  server.removeAllListeners('request').on('request', (req) => {
    const exchange = (req as Attached)[EXCHANGE];
    if (exchange !== undefined) serveApp(exchange);
  });
  // socket.io's close() closes the server. http.Server's would also cut idle connections, with requests on their way.
  Object.assign(server, {
    close: (then?: (error?: Error) => void) => {
      NetServer.prototype.close.call(server, then);
      return server;
    },
  });
  await attach(server);
  const listeners = server.listeners('request') as Listener[];
  server.removeAllListeners('request');
  for (const listener of own) server.on('request', listener as Listener);
  return (exchange) => {
    (exchange.req as Attached)[EXCHANGE] = exchange;
    try {
      for (const listener of listeners) listener.call(server, exchange.req, exchange.res);
    } catch (error) {
      onError(exchange, error);
    }
  };
}
