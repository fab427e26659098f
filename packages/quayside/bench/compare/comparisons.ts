// What is compared: the stacks, who accepts, with the stats read and without, and one server under more and more load.
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from './client';
import { docker, pssOf, usageOf } from './engine';
import { CONNECTIONS, say, type Bench } from './measure';
import type { Part } from './options';
import type { Measured, Memory } from './results';
import { startAll, startCluster, startLimit, startService, startWatt } from './servers';
import { ask, stop, type Answer, type Server, type Stack, type Started } from './stacks';
import { median } from './statistics';

/** What a reader of the stats takes is less than what windows differ by. So there are so many times as many rounds, */
const FINER = 26;
/** of the shortest windows that wrk knows, in s. */
const READ_SECONDS = 1;
/** How long nothing happens until a server counts as idle. */
const IDLE_MS = 3000;
/** For how many windows a server is loaded before its memory is measured. */
export const LOAD_WINDOWS = 3;
/** So many windows are the time in which the longest pause is looked for: a minute. */
const PAUSE_WINDOWS = 30;
/** Connections that are kept idle. */
const KEPT = 10_000;
/** How long a server that has been loaded may take to tell its stats. */
const SETTLE_MS = 500;

/** A CPU for each worker, the first ones. */
const cpusOf = (workers: number) => `0-${String(workers - 1)}`;

const workloads = [
  { name: '14 bytes, keep-alive', path: '/', isNew: false },
  { name: '10 KB, keep-alive', path: '/json', isNew: false },
  { name: '14 bytes, new connections', path: '/', isNew: true },
  { name: '10 KB, new connections', path: '/json', isNew: true },
];

/**
 * One part of the benchmark. It starts the servers that it needs, and stops them.
 * @param answers - what identidock answers, for the limit to write
 */
type Comparison = (bench: Bench, answers: Answer[], stacks: Stack[]) => Promise<Measured>;

/** All stacks, under each load. */
const compareStacks: Comparison = async (bench, answers, stacks) => {
  const all = startAll(stacks, answers);
  const idle = await Promise.all(all.map(async ({ started }) => (await usageOf(started.server)).memory));
  const results: NonNullable<Measured['compared']>['workloads'] = [];
  for (const { name, path, isNew } of workloads) {
    say(name);
    const workload = { path, connections: CONNECTIONS, isNew };
    results.push({ name, windows: await bench.inRounds(all, ({ started }) => bench.windowOf(started, workload)) });
  }
  for (const { started } of all) stop(started);
  return { compared: { workloads: results, idle } };
};

/** The requests that each worker has answered so far. */
async function requestsOf(started: Started): Promise<number[]> {
  // The workers' last counts are on their way.
  await pause(SETTLE_MS);
  const { workers } = JSON.parse(ask(started, '/', 9191).body) as { workers: { requests: number }[] };
  return workers.map(({ requests }) => requests);
}

/** Who accepts: the workers, as identidock has it, or the primary in turn. */
const comparePolicies: Comparison = async (bench) => {
  const policies: NonNullable<Measured['policies']> = [];
  for (const workers of [2, 4]) {
    const env = { NODE_OPTIONS: '--require=/bench/round-robin.js' };
    const both = [startService(workers), startService(workers, { env })];
    for (const isNew of [true, false]) {
      say(`${String(workers)} workers, ${isNew ? 'new' : 'kept'} connections`);
      const values = await bench.inRounds(both, async (started) => {
        const before = await requestsOf(started);
        const window = await bench.windowOf(started, { path: '/', connections: CONNECTIONS, isNew });
        const counts = (await requestsOf(started)).map((count, index) => count - (before[index] ?? 0));
        return { ...window, share: Math.max(...counts) / Math.max(1, Math.min(...counts)) };
      });
      policies.push({ workers, isNew, own: values[0] ?? [], roundRobin: values[1] ?? [] });
    }
    both.forEach(stop);
  }
  return { policies };
};

/** Where the lines of the access log may go: none are written, to Docker's drivers, or through a pipe. */
const logs: { name: string; server: Omit<Server, 'image'> }[] = [
  { name: 'off', server: {} },
  { name: 'json-file', server: { env: { ACCESS_LOG: 'on' }, options: ['--log-driver', 'json-file'] } },
  { name: 'local', server: { env: { ACCESS_LOG: 'on' }, options: ['--log-driver', 'local'] } },
  {
    name: 'pipe',
    server: {
      env: { ACCESS_LOG: 'on' },
      options: ['--log-driver', 'none'],
      // The reader's CPU is the container's.
      command: ['sh', '-c', './cmd.sh | cat >/dev/null'],
    },
  },
];

/** The access log on and off, with one worker on a CPU of its own and with two on two CPUs. */
const compareLogs: Comparison = async (bench) => {
  const found: NonNullable<Measured['logs']> = [];
  for (const workers of [1, 2]) {
    say(`access log, ${String(workers)} workers`);
    const all = logs.map(({ server: { options = [], ...server } }) =>
      startService(workers, { ...server, cpus: cpusOf(workers), options: [...options, '--no-healthcheck'] }),
    );
    const workload = { path: '/', connections: CONNECTIONS, isNew: false };
    const values = await bench.inRounds(all, (started) => bench.windowOf(started, workload));
    found.push({ workers, windows: logs.map(({ name }, index) => ({ name, windows: values[index] ?? [] })) });
    all.forEach(stop);
  }
  return { logs: found };
};

/** What a request of 10 KB is made of: the limit does more and more of it, identidock does all. */
const compareJson: Comparison = async (bench, answers) => {
  say('10 KB, step by step');
  const limits = [[], ['stringify'], ['stringify', 'hash']].map((steps) => startLimit(answers, steps));
  const all = [...limits, startService(1)];
  const workload = { path: '/json', connections: CONNECTIONS, isNew: false };
  const [fromMemory = [], stringified = [], hashed = [], own = []] = await bench.inRounds(all, (started) =>
    bench.windowOf(started, workload),
  );
  all.forEach(stop);
  return { json: { fromMemory, stringified, hashed, own } };
};

/** With nobody reading the stats, and with somebody who reads them ten times a second. */
const compareReaders: Comparison = async (bench) => {
  say('stats read');
  const started = startService(1, { options: ['--no-healthcheck'] });
  // It runs all the time, so that its start is in no window.
  const reader = new Client(started.load, 'read.js');
  await reader.ask('off');
  const windowWith = async (isRead: boolean) => {
    if (isRead) reader.tell('on');
    const workload = { path: '/', connections: CONNECTIONS, isNew: false };
    const window = await bench.windowOf(started, workload, READ_SECONDS);
    const { read, failed } = JSON.parse(await reader.ask('off')) as Record<string, number>;
    if (isRead && (read === 0 || failed !== 0)) throw new Error(`the stats: ${String(failed)} reads failed`);
    return window;
  };
  const rounds = FINER * bench.options.rounds;
  const [unread = [], read = []] = await bench.inRounds([false, true], windowWith, rounds);
  reader.end();
  stop(started);
  return { readers: { unread, read } };
};

/**
 * Memory: of two workers idle and loaded, and of connections that are kept and idle. One server at a time, freshly started,
 * because pages that several share are counted in parts.
 */
const compareMemory: Comparison = async (bench, answers) => {
  const options = ['--no-healthcheck'];
  const cpus = cpusOf(2);
  const servers = [
    () => startService(2, { cpus, options, env: { ACCESS_LOG: 'on' } }),
    () => startService(2, { cpus, options }),
    () => startCluster(2, cpus),
  ];
  const load = async (begin: () => Started): Promise<Memory> => {
    const started = begin();
    await pause(IDLE_MS);
    const idle = pssOf(started.server);
    const workload = { path: '/', connections: CONNECTIONS, isNew: false };
    bench.tool.run(started.load, workload, LOAD_WINDOWS * bench.options.seconds);
    const loaded = pssOf(started.server);
    stop(started);
    return { idle, loaded };
  };
  say('memory, loaded');
  const [log = [], off = [], cluster = []] = await bench.inRounds(servers, load, bench.options.rounds, 0);

  const keep = async (begin: () => Started): Promise<number> => {
    const started = begin();
    const client = new Client(started.load, 'connections.js');
    await client.ask('0');
    await pause(IDLE_MS);
    const before = pssOf(started.server);
    await client.ask(String(KEPT));
    await pause(IDLE_MS);
    const after = pssOf(started.server);
    // That all are still open.
    await client.ask('0');
    client.end();
    stop(started);
    return ((after - before) * 1e3) / KEPT;
  };
  say(`memory, ${String(KEPT)} kept connections`);
  const keepers = [() => startService(1, { options }), () => startLimit(answers)];
  const [own = [], limit = []] = await bench.inRounds(keepers, keep, bench.options.rounds, 0);
  return { memory: { log, off, cluster, kept: { count: KEPT, own, limit } } };
};

/** Latency at half of the rate that saturates identidock, of it and of the limit. */
const compareLatency: Comparison = async (bench, answers) => {
  const { options, tool } = bench;
  const servers = [startService(1), startService(1, { env: { ACCESS_LOG: 'on' } }), startLimit(answers)];
  say('saturation');
  const workload = { path: '/', connections: CONNECTIONS, isNew: false };
  const full = await bench.inRounds(servers, (started) => bench.windowOf(started, workload));
  const [off = NaN, log = NaN, limit = NaN] = full.map((windows) => median(windows.map(({ rate }) => rate)));
  const [service, logging, bare] = servers as [Started, Started, Started];
  const runs = [
    { name: 'identidock, ACCESS_LOG=off', started: service, saturation: off, rate: off / 2 },
    { name: 'node:http cluster, the limit, at the same rate', started: bare, saturation: limit, rate: off / 2 },
    { name: 'identidock, access log', started: logging, saturation: log, rate: log / 2 },
  ];
  say('latency');
  const latencyOf = ({ started, rate }: (typeof runs)[number]) => tool.latency(started.load, rate, options.seconds);
  // The slowest of a thousand differ more than the rest.
  const measured = await bench.inRounds(runs, latencyOf, 2 * options.rounds);
  servers.forEach(stop);
  const latency = runs.map(({ name, saturation, rate }, index) => {
    return { name, saturation, rate, latencies: measured[index] ?? [] };
  });
  return { latency };
};

/** How long garbage collections stop a worker under load. */
const measurePauses: Comparison = async (bench) => {
  const seconds = PAUSE_WINDOWS * bench.options.seconds;
  say(`garbage collection, ${String(seconds)} s`);
  const started = startService(1, { env: { ACCESS_LOG: 'on', NODE_OPTIONS: '--require=/bench/gc.js' } });
  const { rate } = await bench.windowOf(started, { path: '/', connections: CONNECTIONS, isNew: false }, seconds);
  const ms = docker('exec', started.server, 'cat', '/tmp/gc').split('\n').map(Number);
  stop(started);
  return { pauses: { seconds, rate, ms } };
};

/** Identidock and the limit with more and more connections, and servers with more and more workers. */
const compareGrowth: Comparison = async (bench, answers, stacks) => {
  const growth: NonNullable<Measured['growth']> = [];
  const measure = async (name: string, started: Started, counts: number[]) => {
    for (const connections of counts) {
      say(`${name}, ${String(connections)} connections`);
      const workload = { path: '/', connections, isNew: false };
      const [windows = []] = await bench.inRounds([started], () => bench.windowOf(started, workload));
      growth.push({ name, connections, windows });
    }
    stop(started);
  };
  const counts = [10, 100, 1000, 10_000];
  await measure('identidock', startService(1), counts);
  await measure('the limit', startLimit(answers), counts);
  const watt = stacks.find(({ key }) => key === 'watt');
  const available = availableParallelism();
  for (const workers of [2, 4].filter((count) => count <= available)) {
    // One more CPU for the load, or else they share.
    const shared = workers < available ? '' : ', shared with the load';
    const place = `${String(workers)} workers on ${String(workers)} CPUs${shared}`;
    const cpus = cpusOf(workers);
    await measure(`identidock, ${place}`, startService(workers, { cpus }), [100]);
    await measure(`Express, Node's cluster, ${place}`, startCluster(workers, cpus), [100]);
    if (watt !== undefined) await measure(`${watt.name}, ${place}`, startWatt(watt, workers, cpus), [100]);
  }
  return { growth };
};

export const comparisons: Record<Part, Comparison> = {
  stacks: compareStacks,
  log: compareLogs,
  json: compareJson,
  stats: compareReaders,
  memory: compareMemory,
  latency: compareLatency,
  pauses: measurePauses,
  accept: comparePolicies,
  growth: compareGrowth,
};
