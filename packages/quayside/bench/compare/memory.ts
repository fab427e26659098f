// Memory of servers: of two workers, and of idle connections.
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from './client';
import { pssOf } from './engine';
import { CONNECTIONS, say, type Comparison } from './measure';
import type { Memory } from './results';
import { cpusOf, startCluster, startLimit, startService } from './servers';
import { stop, type Started } from './stacks';

/** How long nothing happens until a server counts as idle, in ms. */
const IDLE_MS = 3000;
/** Number of windows of load before memory is measured. */
export const LOAD_WINDOWS = 3;
/** Number of idle connections. */
const KEPT = 10_000;

/**
 * Memory of two workers, idle and loaded, and of idle connections. One freshly started server at a time, because pages
 * shared by several are divided among them.
 */
export const compareMemory: Comparison = async (bench, answers) => {
  const options = ['--no-healthcheck'];
  const cpus = cpusOf(2);
  // Memory varies less than time.
  const rounds = Math.ceil(bench.options.rounds / 2);
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
  const [log = [], off = [], cluster = []] = await bench.inRounds(servers, load, rounds, 0);

  const keep = async (begin: () => Started): Promise<number> => {
    const started = begin();
    const client = new Client(started.load, 'connections.js');
    await client.ask('0');
    await pause(IDLE_MS);
    const before = pssOf(started.server);
    await client.ask(String(KEPT));
    await pause(IDLE_MS);
    const after = pssOf(started.server);
    // Checks that all are still open.
    await client.ask('0');
    client.end();
    stop(started);
    return ((after - before) * 1e3) / KEPT;
  };
  say(`memory, ${String(KEPT)} kept connections`);
  const keepers = [() => startService(1, { options }), () => startLimit(answers)];
  const [own = [], limit = []] = await bench.inRounds(keepers, keep, rounds, 0);
  return { memory: { log, off, cluster, kept: { count: KEPT, own, limit } } };
};
