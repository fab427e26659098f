// The connections given to a worker: which have sent something, and which another worker may still take.
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of one worker. */
export interface Intake {
  /** Serves a connection. Without a socket, its client left before the connection arrived. */
  take: (id: number, socket: Socket | undefined) => void;
  /** Releases the connections that have sent nothing; resolves when the others have been answered. */
  drain: () => Promise<void>;
}

/**
 * Makes a server that does not listen serve connections.
 * @param onBegun - called with the number of each that has sent something or is closed: no other worker can take it
 */
export function createIntake(server: Server, onBegun: (id: number) => void): Intake {
  const open = new Set<Socket>();
  const silent = new Map<Socket, number>();
  /** The last response of each connection that has sent a request. */
  const answers = new WeakMap<Socket, ServerResponse>();
  let onDrained: (() => void) | undefined;

  const begun = (socket: Socket) => {
    const id = silent.get(socket);
    if (id === undefined) return;
    silent.delete(socket);
    onBegun(id);
  };

  server.prependListener('request', ({ socket }, res: ServerResponse) => {
    begun(socket);
    answers.set(socket, res);
    // The next request on a kept connection might reach code that has been replaced.
    res.setHeader('Connection', 'close');
  });
  for (const event of ['connect', 'upgrade', 'clientError'] as const) {
    server.prependListener(event, (_, socket: Socket) => {
      begun(socket);
    });
  }

  return {
    take: (id, socket) => {
      if (socket === undefined) {
        onBegun(id);
        return;
      }
      if (onDrained !== undefined) {
        socket.destroy();
        return;
      }
      open.add(socket);
      silent.set(socket, id);
      socket.once('close', () => {
        open.delete(socket);
        begun(socket);
        if (open.size === 0) onDrained?.();
      });
      server.emit('connection', socket);
    },
    drain: () =>
      new Promise((resolve) => {
        onDrained = resolve;
        for (const socket of open) {
          if (silent.has(socket) && socket.bytesRead === 0) {
            // Closes this process's copy of the descriptor; the primary has its own.
            silent.delete(socket);
            socket.destroy();
            continue;
          }
          begun(socket);
          // An event stream never ends, and its client reconnects by itself.
          const type = answers.get(socket)?.getHeader('content-type');
          if (String(type).startsWith('text/event-stream')) socket.destroySoon();
        }
        if (open.size === 0) resolve();
      }),
  };
}
