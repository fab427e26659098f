// The development server's answer to a Host that is not its own, before the service or the page of a failure is asked.
import type { RequestListener, Server } from 'node:http';
import { refusalOfHost } from '../process/hosts';

/**
 * Has a server answer only requests for its own hosts, and others with 403.
 * @param names - ALLOWED_HOSTS
 */
export function guardHosts(server: Server, names: string[]): void {
  const serve = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request').on('request', (req, res) => {
    const refusal = refusalOfHost(req.headers.host, names, 'ALLOWED_HOSTS');
    if (refusal === undefined) {
      for (const listener of serve) listener.call(server, req, res);
      return;
    }
    // To the end first, or a client that still sends would not see the answer.
    req.resume().once('end', () => {
      res.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end(refusal);
    });
  });
}
