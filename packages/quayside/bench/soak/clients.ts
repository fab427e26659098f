// The clients of a soak test: they accept only complete and correct responses, and retry only what met the end of an idle
// connection.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

export const kinds = ['keep-alive GET', 'short GET', 'keep-alive POST', 'WebSocket'] as const;
export type Kind = (typeof kinds)[number];

/** A request or message, and its outcome. */
export interface Exchange {
  kind: Kind;
  /** The worker at the other end: from its response, or from an earlier one on the same connection. */
  pid: number | undefined;
  /** Whether the connection had carried another exchange before. */
  reused: boolean;
  /** Whether it met the end of an idle connection, and was sent again. */
  again: boolean;
  /** How long it took, in ms. */
  ms: number;
  /** What was wrong: an error's code, or the unexpected response. */
  failure: string | undefined;
}

/** How long without a byte until a response counts as failed, in ms. */
const PATIENCE_MS = 10_000;
/** How long a draining server leaves idle connections open, in ms. */
const IDLE_MS = 1000;
const BODY_SIZE = 16 * 1024;

const workers = new WeakMap<Socket | WebSocket, number>();

/** The close code for a server that is going away: the client should reconnect. RFC 6455, section 7.4.1 */
const GOING_AWAY = 1001;

/** Starts clients: equal numbers with short connections, POSTs and WebSockets, and three times as many keep-alive GETs. */
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
    const talk = kind === 'WebSocket' ? new Talk(port) : undefined;
    let idleSince = performance.now();
    while (!stopped) {
      const exchange: Exchange = { kind, pid: undefined, reused: false, again: false, ms: 0, failure: undefined };
      onStart(exchange);
      let start = performance.now();
      const idle = start - idleSince;
      try {
        // A WebSocket may end at any time, so its pause is part of the exchange.
        if (talk) start = await talk.say(exchange, pauseOf(kind));
        else {
          await ask(port, agent, exchange).catch((error: unknown) => {
            if (!metEnd(error, exchange, idle)) throw error;
            exchange.again = true;
            return ask(port, agent, exchange);
          });
        }
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        exchange.failure = code === undefined ? message : `${message} (${code})`;
      }
      exchange.ms = performance.now() - start;
      idleSince = performance.now();
      onEnd(exchange);
      if (!talk) await pause(pauseOf(kind));
    }
    if (agent) agent.destroy();
    talk?.end();
  }

  const some = Math.ceil(clients / 6);
  const running = [
    ...Array.from({ length: some }, () => run('short GET')),
    ...Array.from({ length: some }, () => run('keep-alive POST')),
    ...Array.from({ length: some }, () => run('WebSocket')),
    ...Array.from({ length: clients - 3 * some }, () => run('keep-alive GET')),
  ];
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
}

/** How long a client waits before its next request, in ms. */
function pauseOf(kind: Kind): number {
  // Keeps short connections below a fifth: each occupies a port for a minute.
  if (kind === 'short GET') return randomInt(60);
  // Now and then, long enough for a draining server to close the connection.
  return randomInt(100) === 0 ? randomInt(2500) : randomInt(20);
}

/**
 * @param idle - how long the connection was idle before the request, in ms
 * @returns whether a request crossed the close of its idle connection, which no server can prevent: RFC 9112, section 9.5
 */
function metEnd(error: unknown, { reused }: Exchange, idle: number): boolean {
  return reused && idle >= IDLE_MS && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
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
  // Errors after the response has started are reported by the response.
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

/** A client's WebSocket, replaced by a new one when the server is going away. */
class Talk {
  private socket: WebSocket | undefined;

  constructor(private readonly port: number) {}

  /**
   * Sends a number after a pause, in ms, and waits for the echo. If the server goes away, it sends it to the next one.
   * @returns when it was sent, by performance.now()
   */
  async say(exchange: Exchange, after: number): Promise<number> {
    const n = String(randomInt(1e9));
    for (let rest = after; ; rest = 0) {
      exchange.reused = this.socket !== undefined;
      const socket = (this.socket ??= await this.open());
      exchange.pid = workers.get(socket) ?? exchange.pid;
      const heard = new Promise<string | number>((resolve, reject) => {
        socket.removeAllListeners();
        socket.once('message', (message: Buffer) => {
          resolve(message.toString());
        });
        socket.once('close', resolve);
        socket.once('error', reject);
      });
      await Promise.race([heard, pause(rest)]);
      const sentAt = performance.now();
      socket.send(n, () => undefined);
      const answer = await within(heard);
      if (answer === n) return sentAt;
      this.socket = undefined;
      if (answer !== GOING_AWAY) throw new Error(`a message was answered by ${String(answer)}`);
    }
  }

  end(): void {
    this.socket?.terminate();
  }

  private async open(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${String(this.port)}/`, { handshakeTimeout: PATIENCE_MS });
    const [[{ headers }]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
      [IncomingMessage],
      unknown,
    ];
    workers.set(socket, Number(headers['x-pid']));
    return socket;
  }
}

async function within<Value>(promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, PATIENCE_MS, new Error('timeout'));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
