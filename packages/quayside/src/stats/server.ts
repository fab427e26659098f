// The stats server on its own port, in the primary. It answers without asking any worker.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { refusalOfHost } from '../process/hosts';
import { bound, httpOptions } from './bounds';
import { createHistory } from './history';
import { CSP, DATA_PATH, fileOf, formatPage } from './page';
import type { createPrometheus } from './prometheus';
import type { Snapshot } from './snapshot';
import { formatUwsgi } from './uwsgi';

interface Answer {
  type: string;
  body: string | Buffer;
}

export interface StatsOptions {
  /** STATS_HOSTS: host names that it answers to, besides those that are always safe. */
  hosts?: string[];
  /** Called if it cannot answer because of an internal error. */
  onError?: (error: unknown) => void;
}

/**
 * Creates the stats server. It does not listen.
 * @param read - returns the current snapshot
 * @returns a server that answers GET and HEAD: /metrics with Prometheus text, browsers with the page, and any other path
 *   with uWSGI's document. Clients that connect and send nothing get that document too
 */
export function createStatsServer(read: () => Snapshot, { hosts = [], onError }: StatsOptions = {}): Server {
  const samples = createHistory(read);
  let prometheus: ReturnType<typeof createPrometheus> | undefined;

  const answerOf = async ({ url = '', headers }: IncomingMessage): Promise<Answer> => {
    const path = url.split('?', 1)[0] ?? '';
    if (path === '/metrics') {
      // Loaded here, because it takes longer to load than the rest of the primary. Not by import(), which fails forever after
      // it has failed once, for example for lack of file descriptors.
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      prometheus ??= (require('./prometheus') as typeof import('./prometheus')).createPrometheus();
      return { type: prometheus.type, body: await prometheus.format(read()) };
    }
    if (path === DATA_PATH) return { type: 'application/json', body: formatPage(read(), samples()) };
    const file = await fileOf(path.startsWith('/page/') ? path : headers.accept?.includes('text/html') ? '/' : '');
    // Exactly this type: uwsgi_exporter accepts no charset after it.
    return file ?? { type: 'application/json', body: formatUwsgi(read()) };
  };

  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const { type, body } = await answerOf(req);
    res.writeHead(200, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Content-Security-Policy': CSP,
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    res.end(body);
  };

  const server = createServer(httpOptions, (req, res) => {
    res.setHeader('Connection', 'close');
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Vary', 'Accept');
    res.setHeader('X-Content-Type-Options', 'nosniff');
    const refusal = refusalOfHost(req.headers.host, hosts, 'STATS_HOSTS');
    if (refusal !== undefined) {
      res.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' }).end(refusal);
      return;
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { Allow: 'GET, HEAD', 'Content-Type': 'text/plain' }).end('405 Method Not Allowed\n');
      return;
    }
    answer(req, res).catch((error: unknown) => {
      onError?.(error);
      res.writeHead(500, { 'Content-Type': 'text/plain' }).end('500 Internal Server Error\n');
    });
  });
  bound(server, () => formatUwsgi(read()));
  return server;
}
