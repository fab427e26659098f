// The clients of test:kubernetes. They run in the cluster, by the Node.js of the service's own image, and retry nothing.
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** What a second has brought. A request belongs to the second in which it ended. */
export interface Second {
  second: number;
  requests: number;
  failed: number;
  /** In ms. */
  slowest: number;
  /** How often each reason of a failure was met. */
  reasons: Record<string, number>;
}

/** After how long without a byte an answer counts as failed, in ms. */
export const PATIENCE_MS = 10_000;
const BODY_SIZE = 16 * 1024;
const methods = ['GET', 'POST'] as const;

interface Answer {
  status: number | undefined;
  body: string;
}

async function ask(url: string, method: string, agent: Agent | false): Promise<Answer> {
  const sent = request(url, {
    agent,
    method,
    // The same id each time: an error page of the server repeats it.
    headers: { 'Content-Type': 'application/octet-stream', 'X-Request-Id': 'load' },
    timeout: PATIENCE_MS,
  });
  sent.once('timeout', () => sent.destroy(new Error('timeout')));
  // What comes after the answer has begun is told by the answer.
  sent.on('error', () => undefined);
  sent.end(method === 'POST' ? randomBytes(BODY_SIZE) : undefined);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

/**
 * Sends GETs and POSTs of 16 KB, half of the clients on a connection that they keep, half on a new one each time. The answer
 * to the first of each method is the right one, whatever it is, and every other has to be the same.
 * @param onSecond - called once a second with what came of it
 * @returns when so many seconds are over
 */
export async function load(
  { url, clients, seconds }: { url: string; clients: number; seconds: number },
  onSecond: (second: Second) => void,
): Promise<void> {
  const right = new Map<string, Answer>();
  for (const method of methods) right.set(method, await ask(url, method, false));

  const empty = (second: number): Second => ({ second, requests: 0, failed: 0, slowest: 0, reasons: {} });
  let now = empty(0);
  let stopped = false;

  async function client(n: number) {
    const method = methods[n % 2] ?? 'GET';
    const agent = n % 4 < 2 && new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      const start = performance.now();
      const failure = await ask(url, method, agent).then(
        ({ status, body }) => {
          if (status !== right.get(method)?.status) return `status ${String(status)}`;
          return body === right.get(method)?.body ? undefined : 'wrong body';
        },
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message,
      );
      now.requests += 1;
      now.slowest = Math.max(now.slowest, Math.round(performance.now() - start));
      if (failure !== undefined) {
        now.failed += 1;
        now.reasons[failure] = (now.reasons[failure] ?? 0) + 1;
      }
      // A new connection takes a port that stays taken for a minute. A kept one is now and then so long idle that a server
      // which drains closes it meanwhile.
      await pause(agent === false ? randomInt(60) : randomInt(100) === 0 ? randomInt(2500) : randomInt(20));
    }
    if (agent) agent.destroy();
  }

  const running = Array.from({ length: clients }, (_, n) => client(n));
  for (let second = 1; second <= seconds; second += 1) {
    await pause(1000);
    onSecond(now);
    now = empty(second);
  }
  stopped = true;
  await Promise.all(running);
}

if (require.main === module) {
  const { TARGET = '', CLIENTS = '16', SECONDS = '1800' } = process.env;
  void load({ url: TARGET, clients: Number(CLIENTS), seconds: Number(SECONDS) }, (second) => {
    console.log(JSON.stringify(second));
  });
}
