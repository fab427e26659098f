// The development server's response to an unknown Host, sent before the service or an error page is reached.
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { rawAnswer } from '../http/answer';
import { refusalOfHost } from '../process/hosts';

const TEXT = 'text/plain; charset=utf-8';

/**
 * Makes a server answer requests for unknown hosts with 403.
 * @param names - ALLOWED_HOSTS
 */
export function guardHosts(server: Server, names: string[]): void {
  const serve = server.listeners('request') as RequestListener[];
  const refusedBy = ({ headers }: IncomingMessage) => refusalOfHost(headers.host, names, 'ALLOWED_HOSTS');
  server.removeAllListeners('request').on('request', (req, res) => {
    const refusal = refusedBy(req);
    if (refusal === undefined) {
      for (const listener of serve) listener.call(server, req, res);
      return;
    }
    // Read to the end first, or a client that is still sending would not see the response.
    req.resume().once('end', () => {
      res.writeHead(403, { 'Content-Type': TEXT, Connection: 'close' }).end(refusal);
    });
  });
  const upgrade = server.listeners('upgrade') as ((req: IncomingMessage, socket: Socket, head: Buffer) => void)[];
  if (upgrade.length === 0) return;
  server.removeAllListeners('upgrade').on('upgrade', (req, _socket, head) => {
    const { socket } = req;
    const refusal = refusedBy(req);
    if (refusal === undefined) {
      for (const listener of upgrade) listener.call(server, req, socket, head);
      return;
    }
    socket.on('error', () => undefined);
    socket.end(rawAnswer(403, { type: TEXT, body: refusal }));
    socket.destroySoon();
  });
}
