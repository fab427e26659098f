// Ports that nobody listens on, and one that somebody does.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** Finds free ports of 127.0.0.1, each another. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Takes a port of 127.0.0.1. Does not keep the tests running when one fails before it lets go. */
export async function hold(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1').unref();
  await once(server, 'listening');
  return server;
}
