// Node tells of an answer's end by its 'close', but for answers queued behind another when their connection goes.
import type { Server, ServerResponse } from 'node:http';

/** Has such answers, too, emit 'close', so that whatever counts or waits for answers in flight can rely on it. */
export function closeQueued(server: Server): void {
  server.prependListener('request', ({ socket }, res: ServerResponse) => {
    // Only an answer that waits for its turn has no socket yet.
    if (res.socket !== null) return;
    const close = () => res.emit('close');
    // There is one for each answer that waits, and Node would warn of more than ten.
    socket.setMaxListeners(0);
    socket.once('close', close);
    res.once('close', () => socket.off('close', close));
  });
}
