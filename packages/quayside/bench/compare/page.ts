// The page that the benchmark writes, in Markdown.
import { LOAD_WINDOWS } from './memory';
import type { Report } from './results';
import {
  containerTable,
  growthTable,
  jsonTable,
  keptTable,
  latencyTable,
  logTable,
  memoryTable,
  policyTable,
  readerTable,
  stepTable,
  workloadTable,
} from './tables';
import { median, percentile } from './statistics';
import { held } from './targets';

/** @returns the name of the page's file and its plot's, without what they end in */
export const pageName = ({ neighbour }: Report['options']) => (neighbour ? 'benchmarks-neighbour' : 'benchmarks');

/** @returns the page, in Markdown */
export function page(all: Report, machine: string, versions: string[]): string {
  const { options, loadCpus, compared, logs, json, readers, memory, latency, pauses, policies, growth } = all;
  const { command, rounds, seconds, neighbour } = options;
  const sections = [
    compared && asFast(all, compared),
    logs && accessLog(logs),
    json && stepByStep(json),
    readers && statsRead(readers),
    memory && memoryUsed(memory, LOAD_WINDOWS * seconds),
    latency && atHalf(latency),
    pauses && pausesFound(pauses),
    policies && whoAccepts(policies),
    growth && asWorkGrows(growth),
  ];
  return `# Benchmarks

\`${command}\` made this page on ${new Date().toISOString().slice(0, 10)}, and makes it anew.

- Machine: ${machine}; load average before ${all.loadBefore.toFixed(1)}
- Versions: ${versions.join(', ')}
- Neighbour: ${neighbour ? `a process that reads and writes 64 MB at random ran on CPU ${loadCpus} all the time` : 'none'}

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
- **pm2-runtime**, **wattpm** and **one process** run the same Express app, on the same Node.js, with their defaults and one worker;
  **Bun** and **Deno** run it in one process.

## What is held against what

${held(all)}
${all.canPlot && compared !== undefined ? `\n![Requests per CPU-second](${pageName(options)}.svg)\n` : ''}${sections.join('')}`;
}

const asFast = (report: Report, compared: NonNullable<Report['compared']>) => `
## Requests as fast as they are answered

64 connections.

${compared.workloads.map((workload) => `### ${workload.name}\n\n${workloadTable(report, workload)}`).join('\n\n')}

### Memory of the containers

Of all processes and what the kernel keeps for them, without what it could drop at once; loaded is after requests as fast as they
are answered, 14 bytes, kept connections.

${containerTable(report, compared)}
`;

const accessLog = (logs: NonNullable<Report['logs']>) => `
## The access log

14 bytes, kept connections, in three times as many rounds, of windows of a second. One worker has CPU 0; two have CPU 0 and 1, and the load is on CPU 1 beside them, so that
their requests a second say little. The lines go to a log driver of Docker's, whose CPU is not the container's, or through a pipe to \`cat\`
in the container, whose CPU is.

${logTable(logs)}
`;

const stepByStep = (json: NonNullable<Report['json']>) => `
## 10 KB, step by step

The limit from memory makes nothing for a request. A server that answers with data makes its JSON anew, and Express an ETag of it,
by SHA-1. Here the limit does so too, by \`JSON.stringify()\` of the same items and \`crypto.hash()\`, and writes the same bytes. Kept connections.

${jsonTable(json)}

What a step takes is the difference between two of these in the same round.

${stepTable(json)}
`;

const statsRead = (readers: NonNullable<Report['readers']>) => `
## The stats, read ten times a second

\`/metrics\` on 9191, in ${String(readers.read.length)} rounds of two windows of a second. The primary answers, on the CPU of the one worker. 14
bytes, kept connections, without access log.

${readerTable(readers)}
`;

const memoryUsed = (memory: NonNullable<Report['memory']>, seconds: number) => `
## Memory of two workers

Of all processes of the container, the primary included, as the kernel has it for each (Pss in \`/proc/*/smaps_rollup\`). One server at a
time, and each round starts it anew. Idle is some seconds after it has answered first; loaded is after ${String(seconds)} s of
requests of 14 bytes as fast as they are answered, on two CPUs. There are half as many rounds.

${memoryTable(memory)}

${String(memory.kept.count)} connections, of which each has had one answer and is kept idle, one worker, without access log: what
they add to the idle memory. The kernel's own memory for them is not in it.

${keptTable(memory)}
`;

const atHalf = (latency: NonNullable<Report['latency']>) => `
## Latency at half of saturation

14 bytes on 50 kept connections, one worker. Saturation is the median of requests as fast as they are answered; the rate is half of identidock's. There are six times as many rounds.
A connection sends a request when its time has come and the one before is answered; all of them at nearly the same time, so that one
waits for the others. What is reached may be less than the rate where the load cannot send so much.

${latencyTable(latency)}
`;

const pausesFound = ({ seconds, rate, ms }: NonNullable<Report['pauses']>) => `
## Garbage collection

One worker, with access log, under ${String(seconds)} s of requests as fast as they are answered (${rate.toFixed(0)} a second): ${String(ms.length)}
collections, of which half took at most ${median(ms).toFixed(1)} ms, 99 % at most ${percentile(ms, 0.99).toFixed(1)} ms, and the longest
${Math.max(...ms).toFixed(1)} ms. In all they took ${((100 * ms.reduce((sum, one) => sum + one, 0)) / (1000 * seconds)).toFixed(1)} % of the time.
`;

const whoAccepts = (policies: NonNullable<Report['policies']>) => `
## Who accepts

Node's cluster has two policies: the workers accept for themselves, as identidock has it, or the primary hands
connections out in turn. 14 bytes, without access log, all workers on one CPU.

${policyTable(policies)}
`;

const asWorkGrows = (growth: NonNullable<Report['growth']>) => `
## As work grows

14 bytes, kept connections, without access log, in half as many rounds. Where workers and load share CPUs, requests a second say little. An
error is an answer that took longer than the 2 s for which wrk waits, as at the beginning, when all connect at once.

${growthTable(growth)}

A worker is one thread. With a hundred connections its CPU is full, and more of them only wait for each other. What a request
costs grows with the connections, for the limit as for identidock: each is then more seldom in the caches of the CPU, and
the event loop has more of them to look through. More workers scale as far as there are CPUs for them.
`;
