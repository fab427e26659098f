// The comparisons: stacks, access log, JSON, stats reads, who accepts, and growing load. The others are in files next to this.
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from './client';
import { usageOf } from './engine';
import { compareLatency, measurePauses } from './latency';
import { CONNECTIONS, say, type Comparison } from './measure';
import { compareMemory } from './memory';
import type { Part } from './options';
import type { Measured } from './results';
import { cpusOf, startAll, startCluster, startLimit, startService, startWatt } from './servers';
import { ask, stop, type Server, type Started } from './stacks';

/** Effects smaller than the differences between windows need wrk's shortest windows, in s, */
const SHORT_SECONDS = 1;
/** and more rounds: factors for the access log and for reads of the stats. */
const LOG_FINER = 3;
const STATS_FINER = 26;
/** How long a loaded server may take to update its stats, in ms. */
const SETTLE_MS = 500;

const workloads = [
  { name: '14 bytes, keep-alive', path: '/', isNew: false },
  { name: '10 KB, keep-alive', path: '/json', isNew: false },
  { name: '14 bytes, new connections', path: '/', isNew: true },
];

/** All stacks, under each load. */
const compareStacks: Comparison = async (bench, answers, stacks) => {
  const all = startAll(stacks, answers);
  const idle = await Promise.all(all.map(async ({ started }) => (await usageOf(started.server)).memory));
  const results: NonNullable<Measured['compared']>['workloads'] = [];
  for (const { name, path, isNew } of workloads) {
    say(name);
    const workload = { path, connections: CONNECTIONS, isNew };
    results.push({
      name,
      isNew,
      windows: await bench.inRounds(all, ({ started }) => bench.windowOf(started, workload)),
    });
  }
  for (const { started } of all) stop(started);
  return { compared: { workloads: results, idle } };
};

/** @returns the number of requests that each worker has answered so far */
async function requestsOf(started: Started): Promise<number[]> {
  // The workers' last counts are still on their way.
  await pause(SETTLE_MS);
  const { workers } = JSON.parse(ask(started, '/', 9191).body) as { workers: { requests: number }[] };
  return workers.map(({ requests }) => requests);
}

/** Who accepts connections: the workers, as in identidock, or the primary, round-robin. */
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

/** Destinations of the access log: none, Docker's log drivers, or a pipe. */
const logs: { name: string; server: Omit<Server, 'image'> }[] = [
  { name: 'off', server: {} },
  { name: 'json-file', server: { env: { ACCESS_LOG: 'on' }, options: ['--log-driver', 'json-file'] } },
  { name: 'local', server: { env: { ACCESS_LOG: 'on' }, options: ['--log-driver', 'local'] } },
  {
    name: 'pipe',
    server: {
      env: { ACCESS_LOG: 'on' },
      options: ['--log-driver', 'none'],
      // The reader's CPU time counts as the container's.
      command: ['sh', '-c', './cmd.sh | cat >/dev/null'],
    },
  },
];

/** The access log on and off, with one worker on its own CPU and with two on two CPUs. */
const compareLogs: Comparison = async (bench) => {
  const found: NonNullable<Measured['logs']> = [];
  for (const workers of [1, 2]) {
    say(`access log, ${String(workers)} workers`);
    const all = logs.map(({ server: { options = [], ...server } }) =>
      startService(workers, { ...server, cpus: cpusOf(workers), options: [...options, '--no-healthcheck'] }),
    );
    const workload = { path: '/', connections: CONNECTIONS, isNew: false };
    const windowOf = (started: Started) => bench.windowOf(started, workload, SHORT_SECONDS);
    const values = await bench.inRounds(all, windowOf, LOG_FINER * bench.options.rounds);
    found.push({ workers, windows: logs.map(({ name }, index) => ({ name, windows: values[index] ?? [] })) });
    all.forEach(stop);
  }
  return { logs: found };
};

/** The steps of a request of 10 KB: the limit does more of them each time, identidock does all. */
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

/**
 * Without a reader, with one that reads the stats, and with one that reads a copy of them from elsewhere: on the load's
 * CPU, a reader costs the load generator something, and with it the server.
 */
const compareReaders: Comparison = async (bench) => {
  say('stats read');
  const started = startService(1, { options: ['--no-healthcheck'] });
  // It runs all the time, so no window includes its start.
  const reader = new Client(started.load, 'read.js');
  await reader.ask('off');
  const windowWith = async (what: 'nothing' | 'copy' | 'stats') => {
    if (what !== 'nothing') reader.tell(what);
    const workload = { path: '/', connections: CONNECTIONS, isNew: false };
    const window = await bench.windowOf(started, workload, SHORT_SECONDS);
    const { read, failed } = JSON.parse(await reader.ask('off')) as Record<'read' | 'failed', number>;
    return { ...window, read, failed };
  };
  const rounds = STATS_FINER * bench.options.rounds;
  const all = ['nothing', 'copy', 'stats'] as const;
  const [unread = [], copy = [], stats = []] = await bench.inRounds(all, windowWith, rounds);
  reader.end();
  stop(started);
  return { readers: { unread, copy, stats } };
};

/** identidock and the limit with a growing number of connections, and servers with a growing number of workers. */
const compareGrowth: Comparison = async (bench, answers, stacks) => {
  const growth: NonNullable<Measured['growth']> = [];
  const measure = async (name: string, started: Started, counts: number[]) => {
    for (const connections of counts) {
      say(`${name}, ${String(connections)} connections`);
      const workload = { path: '/', connections, isNew: false };
      const windowOf = () => bench.windowOf(started, workload);
      const [windows = []] = await bench.inRounds([started], windowOf, Math.ceil(bench.options.rounds / 2));
      growth.push({ name, connections, windows });
    }
    stop(started);
  };
  const counts = [100, 1000, 10_000];
  await measure('identidock', startService(1), counts);
  await measure('the limit', startLimit(answers), counts);
  const watt = stacks.find(({ key }) => key === 'watt');
  const available = availableParallelism();
  for (const workers of [2, 4].filter((count) => count <= available)) {
    // The load generator gets its own CPU, or shares one.
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
