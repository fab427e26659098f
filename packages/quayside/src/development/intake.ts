// The connections that a worker has been given: which of them have sent something, and which another worker may still take.
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of one worker. */
export interface Intake {
  /** Serves a connection. Without a socket, its client was gone before it came. */
  take: (id: number, socket: Socket | undefined) => void;
  /** Gives up the connections that have sent nothing; resolves when the others have been answered. */
  drain: () => Promise<void>;
}

/**
 * Has a server that does not listen serve connections.
 * @param onBegun - called with the number of each that has sent something or is closed: it is nobody else's any more
 */
export function createIntake(server: Server, onBegun: (id: number) => void): Intake {
  const open = new Set<Socket>();
  const silent = new Map<Socket, number>();
  /** Of those that have asked for something, their last answers. */
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
    // Were it kept, its next request would be for code that is perhaps no longer there.
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
            // Closes this process's copy of the descriptor; the primary has kept one.
            silent.delete(socket);
            socket.destroy();
            continue;
          }
          begun(socket);
          // It never ends, and its client comes again by itself.
          const type = answers.get(socket)?.getHeader('content-type');
          if (String(type).startsWith('text/event-stream')) socket.destroySoon();
        }
        if (open.size === 0) resolve();
      }),
  };
}
