// Limits the stats server's clients: silent ones get the document without HTTP, and none can keep others waiting.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long a client must be silent to get the document without HTTP, in ms. uWSGI's own readers wait for it, the strictest
 * for a second; an HTTP client's request arrives with its connection or a moment later.
 */
const SILENCE_MS = 150;
/** How long a client may take for everything, in ms. */
const MAX_MS = 5000;
const MAX_CLIENTS = 64;
const MAX_HEADER_BYTES = 8 * 1024;

/** Options for http.createServer(): how often Node checks for slow requests, and how large they may be. */
export const httpOptions = {
  headersTimeout: 2000,
  requestTimeout: MAX_MS,
  connectionsCheckingInterval: 500,
  maxHeaderSize: MAX_HEADER_BYTES,
};

/**
 * Limits the number of a server's clients, and their time. If there is one too many, the oldest is dropped.
 * @param say - returns what a silent client gets
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
    // Timers run before pending reads: if this process was late, a request may be waiting.
    const silent = setTimeout(() => setImmediate(sayIfSilent), SILENCE_MS);
    socket.once('end', sayIfSilent);
    socket.once('close', () => {
      clients.delete(socket);
      clearTimeout(late);
      clearTimeout(silent);
    });
  });
}
