// Constant load while something happens to a service: no client asks twice, and no answer counts that is not whole and right.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cost } from './table';

/** What the clients are, in equal parts. */
const kinds = [
  { method: 'GET', kept: true },
  { method: 'GET', kept: false },
  { method: 'POST', kept: true },
  { method: 'POST', kept: false },
] as const;

/** The size of what is posted, in bytes. */
const BODY_SIZE = 16 * 1024;
/** The longest that a client waits between an answer and its next request, in ms: 24 clients send about 350 a second. */
const PAUSE_MS = 120;
/** After how long without a byte an answer counts as failed, in ms. */
const PATIENCE_MS = 10_000;

/** An event, and what became of the requests that were sent from its beginning to the next event's. */
export interface Row extends Cost {
  /** When the first request failed, as performance.now() says it. */
  firstFailed: number | undefined;
  /** When the last request was sent that failed, as performance.now() says it. */
  lastFailure: number | undefined;
  /** The X-Version of the answers, each once. */
  versions: string[];
}

/** What became of one request. */
export interface Ended {
  /** As performance.now() says it. */
  endedAt: number;
  /** The X-Version of the answer; undefined where it failed. */
  version: string | undefined;
}

interface Tally {
  row: Row;
  began: number;
  reasons: Map<string, number>;
}

/** Clients of `packages/e2e/deploy/service.ts` that send until they are stopped. */
export class Load {
  /** How many requests are in flight. */
  private inFlight = 0;
  /** When each request was sent, and when it ended. */
  private readonly spans: [number, number][] = [];
  private readonly tallies: Tally[] = [];
  private running: Promise<void>[] = [];
  private stopped = false;

  /** How many rows there are. */
  get rows(): number {
    return this.tallies.length;
  }

  /**
   * @param options.host - where it is sent to: 127.0.0.1 by default
   * @param options.headers - sent with each request
   * @param options.clients - how many there are, 24 by default; each has one request in flight at most
   * @param options.onEnded - called with each request when it was answered or has failed
   */
  constructor(
    private readonly options: {
      port: number;
      host?: string;
      headers?: Record<string, string>;
      clients?: number;
      onEnded?: (ended: Ended) => void;
    },
  ) {}

  /** Starts the clients. What they send until the first event() counts for a row of the name "start". */
  start(): void {
    if (this.tallies.length === 0) this.event('start');
    const { clients = 24 } = this.options;
    this.running = Array.from({ length: clients }, (_, index) => this.run(kinds[index % kinds.length] ?? kinds[0]));
  }

  /** Ends a row and begins the next: what is sent from now on counts for that one. */
  event(name: string): void {
    this.done();
    const row = { event: name, requests: 0, failed: 0, slowest: 0, seconds: 0, reasons: [], versions: [] };
    const none = { firstFailed: undefined, lastFailure: undefined };
    this.tallies.push({ row: { ...row, ...none }, began: performance.now(), reasons: new Map() });
  }

  /** Takes the time of the event. What is sent until the next one still counts for its row. */
  done(): void {
    const tally = this.tallies.at(-1);
    if (tally?.row.seconds === 0) tally.row.seconds = (performance.now() - tally.began) / 1000;
  }

  /** @returns how many of the requests that have ended were in flight at a time of performance.now() */
  inFlightAt(time: number): number {
    return this.spans.filter(([sentAt, endedAt]) => sentAt <= time && endedAt >= time).length;
  }

  /** How many requests have been answered or have failed. */
  get ended(): number {
    return this.tallies.reduce((sum, { row }) => sum + row.requests, 0) - this.inFlight;
  }

  /** Resolves when so many more requests have been answered or have failed, whatever row they count for. */
  async more(count: number): Promise<void> {
    const goal = this.ended + count;
    while (this.ended < goal) await pause(10);
  }

  /**
   * Stops the clients, and waits for what is in flight.
   * @returns the rows
   */
  async stop(): Promise<Row[]> {
    this.done();
    this.stopped = true;
    await Promise.all(this.running);
    return this.tallies.map(({ row, reasons }) => ({
      ...row,
      reasons: [...reasons].map(([reason, count]) => `${String(count)} x ${reason}`),
    }));
  }

  private async run({ method, kept }: (typeof kinds)[number]): Promise<void> {
    const agent = kept ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
    // Else all of them would begin in one moment.
    await pause(randomInt(PAUSE_MS));
    while (!this.stopped) {
      const tally = this.tallies.at(-1);
      if (!tally) throw new Error('start() begins a row');
      const { row, reasons } = tally;
      row.requests += 1;
      this.inFlight += 1;
      const sentAt = performance.now();
      let version: string | undefined;
      try {
        version = await this.ask(method, agent);
        if (!row.versions.includes(version)) row.versions.push(version);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const reason = `${method} on a ${kept ? 'kept' : 'new'} connection: ${code ?? message}`;
        row.failed += 1;
        row.firstFailed ??= performance.now();
        row.lastFailure = Math.max(row.lastFailure ?? 0, sentAt);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      const endedAt = performance.now();
      row.slowest = Math.max(row.slowest, endedAt - sentAt);
      this.spans.push([sentAt, endedAt]);
      this.options.onEnded?.({ endedAt, version });
      this.inFlight -= 1;
      await pause(randomInt(PAUSE_MS));
    }
    if (agent) agent.destroy();
  }

  /**
   * Sends one request.
   * @returns the version that answered
   * @throws Error where the answer is not the right one
   */
  private async ask(method: 'GET' | 'POST', agent: Agent | false): Promise<string> {
    const { port, host = '127.0.0.1', headers } = this.options;
    const body = method === 'POST' ? randomBytes(BODY_SIZE) : undefined;
    const n = String(randomInt(1e9));
    const sent = request({
      host,
      port,
      agent,
      method,
      // A tenth of what is got takes long enough to be in flight when something happens.
      path: `${method === 'GET' && randomInt(10) === 0 ? '/slow' : '/'}?n=${n}`,
      headers: { 'Content-Type': 'application/octet-stream', ...headers },
      timeout: PATIENCE_MS,
    });
    sent.once('timeout', () => sent.destroy(new Error('timeout')));
    // What comes after the answer has begun is told by the answer.
    sent.on('error', () => undefined);
    sent.end(body);

    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if (response.statusCode !== 200) throw new Error(`status ${String(response.statusCode)}`);
    const right = body ? createHash('sha256').update(body).digest('hex') : n;
    if (answer !== right) throw new Error(`wrong body of ${String(answer.length)} characters`);
    return String(response.headers['x-version']);
  }
}
