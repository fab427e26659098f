// The clients of a soak: they ask without a retry, and take nothing for an answer that is not whole and right.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

export const kinds = ['keep-alive GET', 'short GET', 'keep-alive POST'] as const;
export type Kind = (typeof kinds)[number];

/** A request and what became of it. */
export interface Exchange {
  kind: Kind;
  /** The worker at the other end: by its answer, or by an earlier one on the same connection. */
  pid: number | undefined;
  /** Whether the connection had carried another exchange before. */
  reused: boolean;
  /** How long it took, in ms. */
  ms: number;
  /** What was wrong: an error's code, or what the answer should not have been. */
  failure: string | undefined;
}

/** After how long without a byte an answer counts as failed, in ms. */
const PATIENCE_MS = 10_000;
const BODY_SIZE = 16 * 1024;

const workers = new WeakMap<Socket, number>();

/** Starts clients, in equal parts short ones and such that post, and four times as many that get. */
export function startClients({
  port,
  clients,
  onStart,
  onEnd,
}: {
  port: number;
  clients: number;
  onStart: (exchange: Exchange) => void;
  onEnd: (exchange: Exchange) => void;
}): { stop: () => Promise<void> } {
  let stopped = false;

  async function run(kind: Kind) {
    const agent = kind === 'short GET' ? false : new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      const exchange: Exchange = { kind, pid: undefined, reused: false, ms: 0, failure: undefined };
      onStart(exchange);
      const start = performance.now();
      try {
        await ask(port, agent, exchange);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        exchange.failure = code === undefined ? message : `${message} (${code})`;
      }
      exchange.ms = performance.now() - start;
      onEnd(exchange);
      await pause(pauseOf(kind));
    }
    if (agent) agent.destroy();
  }

  const some = Math.ceil(clients / 6);
  const running = [
    ...Array.from({ length: some }, () => run('short GET')),
    ...Array.from({ length: some }, () => run('keep-alive POST')),
    ...Array.from({ length: clients - 2 * some }, () => run('keep-alive GET')),
  ];
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
}

/** How long a client waits before it asks again, in ms. */
function pauseOf(kind: Kind): number {
  // So long that short connections are less than a fifth: each takes a port that stays taken for a minute.
  if (kind === 'short GET') return randomInt(60);
  // Now and then, so long that a server which drains closes the connection meanwhile.
  return randomInt(100) === 0 ? randomInt(2500) : randomInt(20);
}

async function ask(port: number, agent: Agent | false, exchange: Exchange): Promise<void> {
  const posts = exchange.kind === 'keep-alive POST';
  const body = posts ? randomBytes(BODY_SIZE) : undefined;
  const n = String(randomInt(1e9));
  const sent = request({
    host: '127.0.0.1',
    port,
    agent,
    method: posts ? 'POST' : 'GET',
    path: `${posts || randomInt(4) > 0 ? '/' : '/slow'}?n=${n}`,
    headers: { 'Content-Type': 'application/octet-stream' },
    timeout: PATIENCE_MS,
  });
  sent.once('socket', (socket) => {
    exchange.pid = workers.get(socket);
    exchange.reused = sent.reusedSocket;
  });
  sent.once('timeout', () => sent.destroy(new Error('timeout')));
  // What comes after the answer has begun is told by the answer.
  sent.on('error', () => undefined);
  sent.end(body);

  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.headers['x-pid'] !== undefined) {
    exchange.pid = Number(response.headers['x-pid']);
    workers.set(response.socket, exchange.pid);
  }
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`status ${String(response.statusCode)}`);
  const right = body ? createHash('sha256').update(body).digest('hex') : n;
  if (answer !== right) throw new Error(`wrong body of ${String(answer.length)} characters`);
}
