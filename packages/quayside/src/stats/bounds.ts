// The stats server's clients: those who say nothing get the document as it is, and nobody keeps others waiting.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Who has sent nothing for so long, in ms, sends nothing: uWSGI's own readers wait for the document, the strictest of
 * them a second, and an HTTP client's request comes with its connection or a moment later.
 */
const SILENCE_MS = 150;
/** How long a client may take for everything, in ms. */
const MAX_MS = 5000;
const MAX_CLIENTS = 64;
const MAX_HEADER_BYTES = 8 * 1024;

/** What http.createServer() has to be told beforehand: how often Node looks for slow requests, and how large they may be. */
export const httpOptions = {
  headersTimeout: 2000,
  requestTimeout: MAX_MS,
  connectionsCheckingInterval: 500,
  maxHeaderSize: MAX_HEADER_BYTES,
};

/**
 * Bounds the clients of a server in number and in time. Where one too many comes, the oldest has to go.
 * @param say - what a client gets that says nothing
 */
export function bound(server: Server, say: () => string): void {
  const clients = new Set<Socket>();

  server.prependListener('connection', (socket: Socket) => {
    clients.add(socket);
    const [oldest] = clients;
    if (clients.size > MAX_CLIENTS) oldest?.destroy();
    const late = setTimeout(() => socket.destroy(), MAX_MS);
    const sayIfSilent = () => {
      clearTimeout(silent);
      if (socket.bytesRead === 0 && socket.writable) socket.end(say(), () => socket.destroy());
    };
    // Timers come before what waits to be read: where this process was late, a request may be there.
    const silent = setTimeout(() => setImmediate(sayIfSilent), SILENCE_MS);
    socket.once('end', sayIfSilent);
    socket.once('close', () => {
      clients.delete(socket);
      clearTimeout(late);
      clearTimeout(silent);
    });
  });
}
