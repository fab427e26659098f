// Ports that nobody listens on, and one that somebody does.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Finds free ports of 127.0.0.1, each another. They lie below those that the kernel gives to outgoing connections: one of
 * these could be gone again before a server listens on it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_000, 32_768);
    try {
      (await hold(port)).close();
      ports.add(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  return [...ports];
}

/** Takes a port of 127.0.0.1. Does not keep the tests running when one fails before it lets go. */
export async function hold(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1').unref();
  await once(server, 'listening');
  return server;
}
