// Listens on exactly the configured port, or fails with an error that names it.
import type { Server } from 'node:net';
import { StartError } from './failure';

/** Why a server cannot listen, in terms of the variable that was set. */
export class ListenError extends StartError {
  override name = 'ListenError';
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'is already taken: stop what listens there, or set another port',
  EACCES: 'cannot be opened by this user: set a port above 1023, or allow this user to open it',
  EADDRNOTAVAIL: 'cannot be opened: this machine does not have that address',
};

/**
 * Starts to listen.
 * @param where.variable - the setting that names the port, for the error
 * @throws ListenError that names variable, address and port
 */
export async function listen(
  server: Server,
  where: { host: string; port: number; variable: 'PORT' | 'STATS_PORT' },
): Promise<void> {
  const { host, port, variable } = where;
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const reason = reasons[error.code ?? ''] ?? `cannot be opened: ${error.message}`;
      reject(new ListenError(`${variable}=${String(port)}: port ${String(port)} on ${host} ${reason}`));
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
