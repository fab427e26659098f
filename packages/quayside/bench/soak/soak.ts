// A soak test: clients require every response, while the workers are reloaded, one is killed, and all are stopped.
import { eventually } from '../../harness/eventually';
import { fetch } from '../../harness/fetch';
import { kinds, startClients, type Exchange, type Kind } from './clients';

/** A server that runs the soak test's service, wherever that is. */
export interface Target {
  /** Ports on 127.0.0.1: of the service, and of the stats. */
  port: number;
  statsPort: number;
  /** Sends a signal to the primary. */
  signal: (signal: 'SIGHUP' | 'SIGTERM') => Promise<unknown> | undefined;
  /** Waits until a message has been logged a number of times. */
  logged: (message: string, times: number) => Promise<unknown>;
  /** Kills a worker; without it, none is killed. */
  killWorker?: (pid: number) => Promise<unknown> | undefined;
  /** Waits for the end of the primary. */
  exitCode: () => Promise<number | null>;
}

export const DEFAULT_RELOADS = 3;

export interface SoakOptions {
  /** Minimum number of requests. */
  requests?: number;
  reloads?: number;
  clients?: number;
  /** Time limit in seconds. */
  limit?: number;
}

export interface Row {
  kind: Kind;
  requests: number;
  failedByReload: number;
  failedByKill: number;
  /** Requests that may have been with the killed worker when it was killed. */
  inFlightAtKill: number;
  p50: number;
  p99: number;
}

export interface Report {
  rows: Row[];
  /** Why the soak test has failed; empty if it has not. */
  problems: string[];
  reloads: number;
  workers: number;
  seconds: number;
  /** Requests that met the end of an idle connection, and were sent again. */
  again: number;
}

interface Stats {
  workers: { pid: number }[];
}

/** Runs a soak test against a ready server, and stops the server. */
export async function soak(
  target: Target,
  { requests = 50_000, reloads = DEFAULT_RELOADS, clients = 48, limit = 180 }: SoakOptions = {},
): Promise<Report> {
  const begin = performance.now();
  const problems: string[] = [];
  const outstanding = new Set<Exchange>();
  const failed = { reload: [] as Exchange[], kill: [] as Exchange[] };
  const times = new Map(kinds.map((kind) => [kind, [] as number[]]));
  /** Requests outstanding at any time between the kill and the moment the worker was known to be dead. */
  const suspects = new Set<Exchange>();
  let phase: keyof typeof failed = 'reload';
  let killing = false;
  let killed: number | undefined;
  let made = 0;
  let done = 0;
  let again = 0;

  const stats = async () => JSON.parse((await fetch(target.statsPort)).body) as Stats;
  const { workers } = await stats();
  const load = startClients({
    port: target.port,
    clients,
    onStart: (exchange) => {
      made += 1;
      outstanding.add(exchange);
      if (killing) suspects.add(exchange);
    },
    onEnd: (exchange) => {
      outstanding.delete(exchange);
      times.get(exchange.kind)?.push(exchange.ms);
      if (exchange.again) again += 1;
      if (exchange.failure !== undefined) failed[phase].push(exchange);
    },
  });

  const until = (count: number) => eventually(() => made >= count || undefined, limit * 1000);

  async function killOne() {
    killed = (await stats()).workers[0]?.pid;
    if (killed === undefined) throw new Error('the stats know no worker');
    phase = 'kill';
    killing = true;
    for (const exchange of outstanding) suspects.add(exchange);
    await target.killWorker?.(killed);
    // Once this is read, so is the end of the dead worker's connections.
    await target.logged('worker died', 1);
    killing = false;
    await target.logged('worker up', reloads * workers.length + 1);
  }

  async function disturb() {
    const part = requests / (reloads + 2);
    for (; done < reloads; done += 1) {
      await until(part * (done + 1));
      await target.signal('SIGHUP');
      await target.logged('reload ended', done + 1);
    }
    if (target.killWorker) {
      await until(part * (reloads + 1));
      await killOne();
    }
    await until(Math.max(requests, made + part));
  }

  await within(limit, disturb()).catch((error: unknown) => problems.push(String(error)));
  await load.stop();
  const seconds = (performance.now() - begin) / 1000;
  await target.signal('SIGTERM');
  const exitCode = await within(limit, target.exitCode());
  if (exitCode !== 0) problems.push(`exit code ${String(exitCode)} after SIGTERM`);

  const mayBeDead = ({ pid }: Exchange) => pid === undefined || pid === killed;
  const unexcused = failed.kill.filter((exchange) => !suspects.has(exchange) || !mayBeDead(exchange));
  problems.push(...describe('reload', failed.reload), ...describe('kill', unexcused));

  const rows = kinds.map((kind): Row => {
    const count = (exchanges: Exchange[]) => exchanges.filter((exchange) => exchange.kind === kind).length;
    const sorted = (times.get(kind) ?? []).sort((a, b) => a - b);
    return {
      kind,
      requests: sorted.length,
      failedByReload: count(failed.reload),
      failedByKill: count(failed.kill),
      inFlightAtKill: count([...suspects].filter(mayBeDead)),
      p50: sorted[Math.floor(sorted.length * 0.5)] ?? NaN,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? NaN,
    };
  });
  return { rows, problems, reloads: done, workers: workers.length, seconds, again };
}

/** Formats a report for people. */
export function format({ rows, problems, reloads, workers, seconds, again }: Report): string {
  const table = [
    ['', 'requests', 'failed by reload', 'failed by kill', 'in flight at kill', 'p50 ms', 'p99 ms'],
    ...rows.map((row) => [
      row.kind,
      ...[row.requests, row.failedByReload, row.failedByKill, row.inFlightAtKill].map(String),
      ...[row.p50, row.p99].map((ms) => ms.toFixed(1)),
    ]),
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const lines = table.map(([first = '', ...cells]) =>
    [first.padEnd(widths[0] ?? 0), ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0))].join('  '),
  );
  const summary = `${String(reloads)} reloads, ${String(workers)} workers, ${seconds.toFixed(1)} s, ${String(again)} sent again, client on Node.js ${process.version}`;
  return [...lines, '', summary, ...problems.map((problem) => `FAILED: ${problem}`)].join('\n');
}

/** Lists the failures, with a count for equal ones. */
function describe(phase: string, exchanges: Exchange[]): string[] {
  const counts = new Map<string, number>();
  for (const { kind, failure, reused } of exchanges) {
    const what = `${kind} by ${phase}: ${String(failure)} on a ${reused ? 'reused' : 'new'} connection`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${String(count)} x ${what}`);
}

async function within<T>(limit: number, awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done within ${String(limit)} s`));
    }, limit * 1000);
  });
  return Promise.race([awaited, late]).finally(() => {
    clearTimeout(timer);
  });
}
