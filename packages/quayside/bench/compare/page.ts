// The benchmark's page, in Markdown.
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

/** @returns the name of the page's file and its plot's, without the extension */
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

What requests, connections and workers cost, compared with other servers. \`${command}\`
generated this page on ${new Date().toISOString().slice(0, 10)}; run it again to update the page.

- Machine: ${machine}; load average ${all.loadBefore.toFixed(1)} before the run
- Versions: ${versions.join(', ')}
- Neighbour: ${neighbour ? `a process that randomly reads and writes 64 MB ran on CPU ${loadCpus} throughout` : 'none'}

All servers run in containers, on CPU 0 alone and with one worker unless stated otherwise. The load generator runs on
CPU ${loadCpus}, over the container's own loopback. Each of ${String(rounds)} rounds measures all servers in turn, for
${String(seconds)} s each, and starts with a different one; a warm-up round comes first. Cells are medians, with the
minimum and maximum in parentheses. Ratios are computed within a round. Figures differ between machines; ratios do,
too, but less.

CPU is the time of all processes of a container, kernel included, from its control group. It is the figure to trust:
requests per second depend on what else the machine does.

- **identidock** is the production image with its defaults: health checks, stats, request ids and timeouts are on. The
  others have none of these; of them, only uWSGI logs each request.
- **Flask, uWSGI, as written** is the stack of "Using Docker", from Debian's packages. uWSGI closes connections without
  announcing it in the response: every connection without \`--http-keepalive\`, and with it those that the client asks to
  close. wrk then sends one more request into the closed connection and counts an error, one per response.
- **The limit** is a bare node:http cluster that writes the same bytes as identidock, headers included, from memory.
- **pm2-runtime**, **wattpm** and **one process** run the same Express app on the same Node.js, with their defaults and
  one worker; **Bun** and **Deno** run it in one process.

## Targets

${held(all)}
${compared !== undefined ? `\n![Requests per CPU-second](${pageName(options)}.svg)\n` : ''}${sections.join('')}`;
}

const asFast = (report: Report, compared: NonNullable<Report['compared']>) => `
## Maximum throughput

64 connections, each of which sends its next request as soon as the previous one is answered.

${compared.workloads.map((workload) => `### ${workload.name}\n\n${workloadTable(report, workload)}`).join('\n\n')}

### Memory of the containers

All processes and the kernel's memory for them, except what the kernel could drop at once. "Loaded" is after the
throughput measurement with 14 bytes and keep-alive.

${containerTable(report, compared)}
`;

const accessLog = (logs: NonNullable<Report['logs']>) => `
## The access log

14 bytes, keep-alive, in three times as many rounds of one-second windows. One worker has CPU 0. Two workers have CPUs 0
and 1 and share CPU 1 with the load generator, so their requests per second say little. The lines go to one of Docker's
log drivers, whose CPU time is not the container's, or through a pipe to \`cat\` in the container, whose CPU time is.

${logTable(logs)}
`;

const stepByStep = (json: NonNullable<Report['json']>) => `
## 10 KB, step by step

The limit from memory computes nothing per request. A server that returns data builds its JSON for each request, and
Express hashes it with SHA-1 for the ETag. Here the limit does the same, with \`JSON.stringify()\` of the same items and
\`crypto.hash()\`, and writes the same bytes. Keep-alive.

${jsonTable(json)}

The cost of a step is the difference between two of these in the same round.

${stepTable(json)}
`;

const statsRead = (readers: NonNullable<Report['readers']>) => `
## The stats, read ten times a second

\`/metrics\` on 9191, in ${String(readers.stats.length)} rounds of three one-second windows. The primary answers, on the
same CPU as the only worker. 14 bytes, keep-alive, without access log. The reader itself runs on the load generator's
CPU, which costs both of them. So it is compared with one that reads a copy of \`/metrics\` from a server on that CPU;
that server costs little, but what it costs is in identidock's favour.

${readerTable(readers)}
`;

const memoryUsed = (memory: NonNullable<Report['memory']>, seconds: number) => `
## Memory of two workers

All processes of the container, including the primary, by the kernel's figure for each (Pss in
\`/proc/*/smaps_rollup\`). One server runs at a time, and each round restarts it. "Idle" is a few seconds after its first
response; "loaded" is after ${String(seconds)} s of maximum throughput with 14 bytes, on two CPUs. There are half as many
rounds.

${memoryTable(memory)}

What ${String(memory.kept.count)} idle connections add to the idle memory, each after one response. One worker, without
access log. The kernel's own memory for them is not included.

${keptTable(memory)}
`;

const atHalf = (latency: NonNullable<Report['latency']>) => `
## Latency at half of saturation

14 bytes on 200 keep-alive connections, one worker. Saturation is the median of the maximum throughput; the rate is half
of identidock's. There are six times as many rounds. After a response, each connection waits for a random time before
its next request. The achieved rate is lower if the load generator cannot send as much.

${latencyTable(latency)}
`;

const pausesFound = ({ seconds, rate, ms }: NonNullable<Report['pauses']>) => `
## Garbage collection

One worker, with access log, during ${String(seconds)} s of maximum throughput (${rate.toFixed(0)} requests/s): ${String(ms.length)}
collections. Half took at most ${median(ms).toFixed(1)} ms, 99 % at most ${percentile(ms, 0.99).toFixed(1)} ms, and the longest
${Math.max(...ms).toFixed(1)} ms. In total they took ${((100 * ms.reduce((sum, one) => sum + one, 0)) / (1000 * seconds)).toFixed(1)} % of the time.
`;

const whoAccepts = (policies: NonNullable<Report['policies']>) => `
## Who accepts connections

Node's cluster has two policies: the workers accept connections themselves, as in identidock, or the primary hands them
out round-robin. 14 bytes, without access log, all workers on one CPU.

${policyTable(policies)}
`;

const asWorkGrows = (growth: NonNullable<Report['growth']>) => `
## More connections, more workers

14 bytes, keep-alive, without access log, in half as many rounds. Where workers and load generator share CPUs, requests
per second say little. An error is a response that took longer than wrk's timeout of 2 s, for example at the beginning,
when all connect at once.

${growthTable(growth)}

A worker is a single thread. A hundred connections saturate its CPU, and more of them only wait for each other. The cost
of a request grows with the number of connections, for the limit as for identidock: each connection is in the CPU's caches
less often, and the event loop has more of them to check. More workers scale as long as there are CPUs for them.
`;
