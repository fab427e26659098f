// The stats server on its own port, in the primary: asks no worker for anything in order to answer.
import { createServer, type Server } from 'node:http';
import type { Snapshot } from './snapshot';
import { formatUwsgi } from './uwsgi';

/**
 * Makes the stats server. It does not listen.
 * @param read - the snapshot of the moment
 * @returns a server that answers GET and HEAD of any path with the JSON document
 */
export function createStatsServer(read: () => Snapshot): Server {
  return createServer((req, res) => {
    res.setHeader('Connection', 'close');
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { Allow: 'GET, HEAD', 'Content-Type': 'text/plain' }).end('405 Method Not Allowed\n');
      return;
    }
    const body = formatUwsgi(read());
    // Exactly this type: uwsgi_exporter takes no charset behind it.
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
  });
}
