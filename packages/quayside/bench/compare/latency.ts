// Latency at a fixed rate, and the pauses of a worker's garbage collections.
import { docker } from './engine';
import { CONNECTIONS, say, type Comparison } from './measure';
import { cpusOf, startCluster, startLimit, startService } from './servers';
import { stop, type Started } from './stacks';
import { median } from './statistics';

/** Number of windows in which the longest pause is searched: a minute. */
const PAUSE_WINDOWS = 30;

/** Factor for the rounds, because the slowest of a thousand requests vary more than the rest. */
const LATENCY_FINER = 6;

/** Latency of identidock, the limit and plain Express, at half the rate that saturates identidock. */
export const compareLatency: Comparison = async (bench, answers) => {
  const { options, tool } = bench;
  const service = startService(1);
  const logging = startService(1, { env: { ACCESS_LOG: 'on' } });
  const limit = startLimit(answers);
  const express = startCluster(1, cpusOf(1));
  const servers = [service, logging, limit, express];
  say('saturation');
  const workload = { path: '/', connections: CONNECTIONS, isNew: false };
  const full = await bench.inRounds(servers, (started) => bench.windowOf(started, workload));
  const saturations = new Map(servers.map((server, at) => [server, median((full[at] ?? []).map(({ rate }) => rate))]));
  const saturationOf = (started: Started) => saturations.get(started) ?? NaN;
  const runs = [
    { name: 'identidock, ACCESS_LOG=off', started: service, rate: saturationOf(service) / 2 },
    { name: 'node:http cluster, the limit, at the same rate', started: limit, rate: saturationOf(service) / 2 },
    { name: "Express, Node's cluster, at the same rate", started: express, rate: saturationOf(service) / 2 },
    { name: 'identidock, access log', started: logging, rate: saturationOf(logging) / 2 },
  ];
  say('latency');
  const latencyOf = ({ started, rate }: (typeof runs)[number]) => tool.latency(started.load, rate, options.seconds);
  const measured = await bench.inRounds(runs, latencyOf, LATENCY_FINER * options.rounds);
  servers.forEach(stop);
  const latency = runs.map(({ name, started, rate }, index) => {
    return { name, saturation: saturationOf(started), rate, latencies: measured[index] ?? [] };
  });
  return { latency };
};

/** Measures how long garbage collections pause a worker under load. */
export const measurePauses: Comparison = async (bench) => {
  const seconds = PAUSE_WINDOWS * bench.options.seconds;
  say(`garbage collection, ${String(seconds)} s`);
  const started = startService(1, { env: { ACCESS_LOG: 'on', NODE_OPTIONS: '--require=/bench/gc.js' } });
  const { rate } = await bench.windowOf(started, { path: '/', connections: CONNECTIONS, isNew: false }, seconds);
  const ms = docker('exec', started.server, 'cat', '/tmp/gc').split('\n').map(Number);
  stop(started);
  return { pauses: { seconds, rate, ms } };
};
