// npm run bench: production beside Flask under uWSGI, pm2, plain Express, and a bare node:http cluster.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { usageOf } from './compare/engine';
import { LoadTool, type Latency, type Workload } from './compare/load';
import { readOptions, type Options } from './compare/options';
import { report, type Report } from './compare/report';
import {
  ask,
  build,
  cleanUp,
  imageName,
  loadCpus,
  stacks,
  start,
  stop,
  type Image,
  type Stack,
} from './compare/stacks';
import type { Answer, Started } from './compare/stacks';

/** For requests as fast as they are answered. */
const CONNECTIONS = 64;
/** In requests a second: all can do it, and have time to spare. */
const RATE = 2000;
/** What readers of the stats take is less than what windows differ by: so many times as many of them are needed. */
const FINER = 4;
/** How long a server that has been loaded may take to tell its stats. */
const SETTLE_MS = 500;

const workloads = [
  { name: '14 bytes, keep-alive', path: '/', isNew: false },
  { name: '10 KB, keep-alive', path: '/json', isNew: false },
  { name: '14 bytes, new connections', path: '/', isNew: true },
  { name: '10 KB, new connections', path: '/json', isNew: true },
];

/** One window of load on one server. */
export interface Window {
  /** Requests a second. */
  rate: number;
  /** CPU time of a request, of all the server's processes, in microseconds. */
  cost: number;
  errors: number;
  /** At the end of it, in MB. */
  memory: number;
}

let options: Options;
let chosen: Stack[];
let tool: LoadTool;

async function windowOf({ server, load }: Started, workload: Workload, seconds = options.seconds): Promise<Window> {
  const before = await usageOf(server);
  const result = tool.run(load, workload, seconds);
  const after = await usageOf(server);
  return {
    rate: result.requests / result.seconds,
    cost: (after.cpu - before.cpu) / result.requests,
    errors: result.errors,
    memory: after.memory,
  };
}

/** Measures all in turn, in as many rounds as asked for, each begun by another; the first, which warms up, is dropped. */
async function inRounds<Item, Value>(
  items: Item[],
  measure: (item: Item) => Promise<Value> | Value,
  rounds = options.rounds,
): Promise<Value[][]> {
  const values = new Map(items.map((item) => [item, [] as Value[]]));
  for (let round = -1; round < rounds; round += 1) {
    const first = Math.max(round, 0) % items.length;
    for (const item of [...items.slice(first), ...items.slice(0, first)]) {
      const value = await measure(item);
      if (round >= 0) values.get(item)?.push(value);
    }
  }
  return [...values.values()];
}

const say = (text: string) => process.stderr.write(`${text}\n`);

/** Starts identidock, without access log, and waits until it answers. */
function startOwn(workers: number, env: Record<string, string> = {}, cpus?: string): Started {
  const all = { ENV: 'PROD', ACCESS_LOG: 'off', WORKERS: String(workers), ...env };
  const started = start({ image: 'service', env: all }, cpus);
  ask(started, '/');
  return started;
}

const paths = ['/', '/json'];
/** What identidock answers. */
let answers: Answer[] = [];

/** Starts the limit, which writes what identidock answers: all headers but those that Node.js adds by itself. */
function startLimit(): Started {
  const byNode = new Set(['date', 'connection', 'keep-alive']);
  const forLimit = answers.map(({ headers, body }, index) => {
    const names = headers.filter((_, at) => at % 2 === 0);
    const own = names.flatMap((name, at) => (byNode.has(name.toLowerCase()) ? [] : [name, headers[2 * at + 1]]));
    return [paths[index], { headers: own, body }];
  });
  const env = { WORKERS: '1', ANSWERS: JSON.stringify(Object.fromEntries(forLimit)) };
  return start({ image: 'service', env, command: ['node', '/bench/limit.js'] });
}

/** Starts the chosen. All must answer the same, and the limit to the byte. */
function startAll(): { stack: Stack; started: Started }[] {
  const model = startOwn(1);
  answers = paths.map((path) => ask(model, path));
  stop(model);
  return chosen.map((stack) => {
    const started = stack.key === 'limit' ? startLimit() : start(stack);
    for (const [index, path] of paths.entries()) {
      const answer = ask(started, path);
      const isSame = answer.status === 200 && answer.body === answers[index]?.body;
      if (!isSame || (stack.key === 'limit' && answer.bytes !== answers[index]?.bytes))
        throw new Error(`${stack.name}: expected of ${path} what identidock answers, got ${JSON.stringify(answer)}`);
    }
    return { stack, started };
  });
}

async function compareStacks(): Promise<Pick<Report, 'workloads' | 'latencies' | 'idle'>> {
  const all = startAll();
  const idle = await Promise.all(all.map(async ({ started }) => (await usageOf(started.server)).memory));
  const results: Report['workloads'] = [];
  for (const { name, path, isNew } of workloads) {
    say(name);
    const windows = await inRounds(all, ({ started }) => windowOf(started, { path, connections: CONNECTIONS, isNew }));
    results.push({ name, windows });
  }
  say(`latency at ${String(RATE)} requests/s`);
  const latencies = await inRounds(all, ({ started }): Latency => tool.latency(started.load, RATE, options.seconds));
  for (const { started } of all) stop(started);
  return { workloads: results, latencies, idle };
}

/** The requests that each worker has answered so far. */
async function requestsOf(started: Started): Promise<number[]> {
  // The workers' last counts are on their way.
  await pause(SETTLE_MS);
  const { workers } = JSON.parse(ask(started, '/', 9191).body) as { workers: { requests: number }[] };
  return workers.map(({ requests }) => requests);
}

/** Who accepts: the workers, as identidock has it, or the primary in turn. */
async function comparePolicies(): Promise<NonNullable<Report['policies']>> {
  const policies: NonNullable<Report['policies']> = [];
  for (const workers of [2, 4]) {
    const roundRobin = { NODE_OPTIONS: '--require=/bench/round-robin.js' };
    const both = [startOwn(workers), startOwn(workers, roundRobin)];
    for (const isNew of [true, false]) {
      say(`${String(workers)} workers, ${isNew ? 'new' : 'kept'} connections`);
      const values = await inRounds(both, async (started) => {
        const before = await requestsOf(started);
        const window = await windowOf(started, { path: '/', connections: CONNECTIONS, isNew });
        const counts = (await requestsOf(started)).map((count, index) => count - (before[index] ?? 0));
        return { ...window, share: Math.max(...counts) / Math.max(1, Math.min(...counts)) };
      });
      policies.push({ workers, isNew, own: values[0] ?? [], roundRobin: values[1] ?? [] });
    }
    both.forEach(stop);
  }
  return policies;
}

/** With nobody reading the stats, and with somebody who reads them ten times a second. */
async function compareReaders(): Promise<NonNullable<Report['readers']>> {
  say('stats read');
  const started = startOwn(1);
  const windowWith = async (isRead: boolean) => {
    // It ends by itself, a moment after the load.
    const command = ['exec', started.load, 'node', 'read.js', String(options.seconds + 1)];
    const reader = isRead ? once(spawn('docker', command, { stdio: 'ignore' }), 'exit') : undefined;
    const window = await windowOf(started, { path: '/', connections: CONNECTIONS, isNew: false });
    await reader;
    return window;
  };
  const [unread = [], read = []] = await inRounds([false, true], windowWith, FINER * options.rounds);
  stop(started);
  return { unread, read };
}

async function grow(): Promise<NonNullable<Report['growth']>> {
  const growth: NonNullable<Report['growth']> = [];
  const measure = async (name: string, started: Started, counts: number[]) => {
    for (const connections of counts) {
      say(`${name}, ${String(connections)} connections`);
      const workload = { path: '/', connections, isNew: false };
      const [windows = []] = await inRounds([started], () => windowOf(started, workload));
      growth.push({ name, connections, windows });
    }
    stop(started);
  };
  const counts = [10, 100, 1000, 10_000];
  await measure('identidock', startOwn(1), counts);
  await measure('the limit', startLimit(), counts);
  const cpus = availableParallelism();
  for (const workers of [2, 4].filter((count) => count <= cpus)) {
    // One more CPU for the load, or else they share.
    const shared = workers < cpus ? '' : ', shared with the load';
    const name = `identidock, ${String(workers)} workers on ${String(workers)} CPUs${shared}`;
    await measure(name, startOwn(workers, {}, `0-${String(workers - 1)}`), [100]);
  }
  return growth;
}

async function main(): Promise<void> {
  options = readOptions(process.argv.slice(2), stacks);
  chosen = stacks.filter(({ key }) => options.only.includes(key));
  say('building');
  build(new Set<Image>(['load', ...chosen.map(({ image }) => image)]));
  tool = new LoadTool(imageName('load'));
  const loadBefore = loadavg()[0] ?? NaN;
  const compared = await compareStacks();
  const rest: Pick<Report, 'policies' | 'readers' | 'growth'> = options.isWhole
    ? { policies: await comparePolicies(), readers: await compareReaders(), growth: await grow() }
    : {};
  const load = { load: tool.version, loadCpus, loadBefore, rate: RATE, canPlot: tool.isWrk };
  await report({ options, stacks: chosen, ...load, ...compared, ...rest });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
process.once('exit', cleanUp);
main().catch((error: unknown) => {
  console.error(`npm run bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
