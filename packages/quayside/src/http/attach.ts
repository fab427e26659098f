// What a service has its server serve beside its app: it listens for events of the server, as socket.io does.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Exchange } from './exchange';

type Listener = (this: Server, req: IncomingMessage, res: ServerResponse) => unknown;

/** What the server does for the service's listeners. */
export interface AttachOptions {
  /** Has the app serve a request. */
  serveApp: (exchange: Exchange) => void;
  /** Called where a listener throws. */
  onError: (exchange: Exchange, error: unknown) => void;
}

/**
 * Has a service listen for a server's requests. What it puts in the place of the app's listener comes behind the server's own:
 * limits, request id, log and stats are for its requests, too.
 * @returns what serves a request from then on
 * @throws what attach() throws
 */
export async function attachTo(
  server: Server,
  attach: (server: Server) => unknown,
  { serveApp, onError }: AttachOptions,
): Promise<(exchange: Exchange) => void> {
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const own = server.listeners('request');
  server.removeAllListeners('request').on('request', (req) => {
    const exchange = exchanges.get(req);
    if (exchange !== undefined) serveApp(exchange);
  });
  // Of socket.io, close() closes the server. http.Server's own would also cut idle connections, and requests on their way.
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
    exchanges.set(exchange.req, exchange);
    try {
      for (const listener of listeners) listener.call(server, exchange.req, exchange.res);
    } catch (error) {
      onError(exchange, error);
    }
  };
}
