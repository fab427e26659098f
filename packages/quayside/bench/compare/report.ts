// What the benchmark says of what it measured: a page, and one plot.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';
import type { Window } from './';
import { docker } from './engine';
import type { Latency } from './load';
import type { Options } from './options';
import { plot } from './plot';
import { imageName, type Stack } from './stacks';
import { median, ratios, spread } from './statistics';
import { held } from './targets';

/** All that was measured; each list of windows has one for each round, each list of lists one for each stack. */
export interface Report {
  options: Options;
  stacks: Stack[];
  /** The tools of the load, and the CPUs that they ran on. */
  load: string;
  loadCpus: string;
  /** Whether gnuplot is there. */
  canPlot: boolean;
  /** The machine's load average before anything was measured. */
  loadBefore: number;
  /** At which latency was measured, in requests a second. */
  rate: number;
  /** Memory of each before any load, in MB. */
  idle: number[];
  workloads: { name: string; windows: Window[][] }[];
  latencies: Latency[][];
  /** These three of a whole run alone. */
  policies?: {
    workers: number;
    isNew: boolean;
    own: (Window & { share: number })[];
    roundRobin: (Window & { share: number })[];
  }[];
  readers?: { unread: Window[]; read: Window[] };
  growth?: { name: string; connections: number; windows: Window[] }[];
}

const table = (head: string[], rows: string[][]) =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const of = <Item>(items: Item[], key: keyof Item) => items.map((item) => item[key] as number);
const errorsOf = (windows: Window[]) => String(of(windows, 'errors').reduce((sum, count) => sum + count, 0));

function workloadTable({ stacks }: Report, { windows }: Report['workloads'][number]): string {
  const limit = windows[stacks.findIndex(({ key }) => key === 'limit')] ?? [];
  const rows = stacks.map(({ name }, index) => {
    const own = windows[index] ?? [];
    const perCpu = ratios(of(limit, 'cost'), of(own, 'cost'));
    return [name, spread(of(own, 'rate'), 0), spread(of(own, 'cost'), 1), spread(perCpu, 2), errorsOf(own)];
  });
  return table(['', 'requests/s', 'CPU, µs a request', 'of the limit, per CPU', 'errors'], rows);
}

function latencyTable({ stacks, latencies, idle, workloads }: Report): string {
  const rows = stacks.map(({ name }, index) => {
    const own = latencies[index] ?? [];
    const loaded = (workloads[0]?.windows[index] ?? []).map(({ memory }) => memory);
    const cells = (['p50', 'p99', 'p999'] as const).map((key) => spread(of(own, key), 2));
    return [name, ...cells, (idle[index] ?? NaN).toFixed(0), median(loaded).toFixed(0)];
  });
  return table(['', 'p50, ms', 'p99, ms', 'p99.9, ms', 'memory idle, MB', 'loaded, MB'], rows);
}

function policyTable(policies: NonNullable<Report['policies']>): string {
  const rows = policies.flatMap(({ workers, isNew, own, roundRobin }) =>
    (
      [
        ['workers accept (identidock)', own],
        ['round-robin', roundRobin],
      ] as const
    ).map(([name, windows]) => [
      `${String(workers)} workers, ${isNew ? 'new' : 'kept'} connections: ${name}`,
      spread(of(windows, 'rate'), 0),
      spread(of(windows, 'cost'), 1),
      spread(of(windows, 'share'), 2),
    ]),
  );
  return table(['', 'requests/s', 'CPU, µs a request', 'busiest worker / least busy'], rows);
}

function growthTable(growth: NonNullable<Report['growth']>): string {
  const rows = growth.map(({ name, connections, windows }) => [
    name,
    String(connections),
    spread(of(windows, 'rate'), 0),
    spread(of(windows, 'cost'), 1),
    median(of(windows, 'memory')).toFixed(0),
    errorsOf(windows),
  ]);
  return table(['', 'connections', 'requests/s', 'CPU, µs a request', 'memory, MB', 'errors'], rows);
}

/** Versions, as the images have them. */
function versions({ stacks, load }: Report): string[] {
  const version = (image: Stack['image'], ...command: string[]) => docker('run', '--rm', imageName(image), ...command);
  const express = `require('express/package.json').version`;
  const list = [`Node.js ${version('service', 'node', '-p', 'process.versions.node')}`];
  list.push(`Express ${version('service', 'node', '-p', express)}`);
  const has = (image: Stack['image']) => stacks.some((stack) => stack.image === image);
  if (has('pm2')) list.push(`pm2 ${version('pm2', 'pm2-runtime', '--version').split('\n').at(-1) ?? ''}`);
  if (has('seed')) {
    list.push(`uWSGI ${version('seed', 'uwsgi', '--version')}`);
    const flask = 'import importlib.metadata as m; print(m.version("flask"))';
    list.push(`Flask ${version('seed', 'python3', '-c', flask)}`, version('seed', 'python3', '--version'));
  }
  return [...list, load];
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB`;
  const engine = docker('version', '--format', '{{.Server.Version}}');
  return `${String(availableParallelism())} CPUs (${model}), ${memory}, Linux ${release()}, Docker Engine ${engine}`;
}

/** @returns the page, in Markdown */
export function page(all: Report, machine: string, versions: string[]): string {
  const { options, rate, loadCpus, policies, readers, growth } = all;
  const { rounds, seconds } = options;
  const sections = all.workloads.map((workload) => `### ${workload.name}\n\n${workloadTable(all, workload)}`);
  return `# Benchmarks

\`npm run bench\` made this page on ${new Date().toISOString().slice(0, 10)}, and makes it anew.

- Machine: ${machine}; load average before ${all.loadBefore.toFixed(1)}
- Versions: ${versions.join(', ')}

All run in containers, on CPU 0 alone and with one worker where nothing else is said; the load runs beside them, on
CPU ${loadCpus}, over the container's own loopback. Each of ${String(rounds)} rounds measures all in turn, for
${String(seconds)} s each, and begins with another; one round before them warms up. Cells are medians, with the least and
the most. Ratios are taken within a round. On another machine the figures will differ; the ratios should be close.

CPU is the time of all processes of a container, kernel included, from its control group. It is the figure to trust:
requests a second depend on what else the machine does.

- **identidock** is the production image with its defaults: health, stats, request ids and timeouts are on. The others
  have none of these; of them, uWSGI alone writes a line for each request.
- **Flask, uWSGI, as written** is the stack of "Using Docker", from Debian's packages. uWSGI closes each connection
  without saying so in its answer, unless it has \`--http-keepalive\`, and also then where the client asks for it. wrk
  then sends one more request into the closed connection, and counts that as an error: one for each answer.
- **The limit** is a bare cluster of node:http, which writes the same bytes as identidock, headers included, from memory.
- **pm2-runtime** and **one process** run the same Express app.

## What is held against what

${held(all)}
${all.canPlot ? '\n![Requests per CPU-second](benchmarks.svg)\n' : ''}
## Requests as fast as they are answered

64 connections.

${sections.join('\n\n')}

## Latency and memory

${String(rate)} requests a second on 50 kept connections, 14 bytes. A connection sends a request when its time has come and
the one before is answered; all of them at nearly the same time, so that one waits for the others. Where
no connection is kept, h2load has nothing to measure. Memory is that of all processes of the container; loaded is after requests as fast as they
are answered, 14 bytes, kept connections.

${latencyTable(all)}
${
  policies === undefined
    ? ''
    : `
## Who accepts

Node's cluster has two policies: the workers accept for themselves, as identidock has it, or the primary hands
connections out in turn. 14 bytes, without access log, all workers on one CPU.

${policyTable(policies)}
`
}${
    readers === undefined
      ? ''
      : `
## The stats, read ten times a second

${table(
  ['', 'requests/s', 'CPU, µs a request'],
  [
    ['nobody reads', spread(of(readers.unread, 'rate'), 0), spread(of(readers.unread, 'cost'), 1)],
    ['10 times a second', spread(of(readers.read, 'rate'), 0), spread(of(readers.read, 'cost'), 1)],
    [
      'ratio',
      spread(ratios(of(readers.read, 'rate'), of(readers.unread, 'rate')), 3),
      spread(ratios(of(readers.read, 'cost'), of(readers.unread, 'cost')), 3),
    ],
  ],
)}
`
  }${
    growth === undefined
      ? ''
      : `
## As work grows

14 bytes, kept connections, without access log. Where workers and load share CPUs, requests a second say little. An
error is an answer that took longer than the 2 s for which wrk waits, as at the beginning, when all connect at once.

${growthTable(growth)}

A worker is one thread. With ten connections its CPU is full, and more of them only wait for each other. What a request
costs grows with the connections, for the limit as for identidock: each is then more seldom in the caches of the CPU, and
the event loop has more of them to look through. More workers scale as far as there are CPUs for them.
`
  }`;
}

/** Prints the page, and writes it and the plot to where the options say. */
export async function report(all: Report): Promise<void> {
  const text = await format(page(all, machine(), versions(all)), {
    parser: 'markdown',
    proseWrap: 'always',
    printWidth: 120,
  });
  console.log(text);
  const { out } = all.options;
  if (out === undefined) return;
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'benchmarks.md'), text);
  const svg = join(out, 'benchmarks.svg');
  rmSync(svg, { force: true });
  if (all.canPlot) writeFileSync(svg, plot(all));
  else console.log('No plot: gnuplot could not be had from the packages.');
}
