// npm run bench:stats: what reading the stats costs the service.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../harness/eventually';
import { fetch } from '../harness/fetch';
import { program, root } from '../harness/paths';
import { freePorts } from '../harness/ports';
import { writeProject } from '../harness/project';
import build from '../harness/build';
import { run } from '../harness/run';

const CLIENTS = 32;
/** Twice the interval of the page, and of the samples that the primary takes anyway. */
const WINDOW_MS = 4000;
const PATIENCE_MS = 10_000;
const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Who reads what, and how often, in ms. The first is the baseline, the second shows the noise. */
const readers = [
  { name: 'no reader', every: Infinity, paths: [] },
  { name: 'no reader, again', every: Infinity, paths: [] },
  { name: 'JSON, 1/s', every: 1000, paths: ['/'] },
  { name: '/metrics, 1/s', every: 1000, paths: ['/metrics'] },
  { name: 'page data, 1 in 2 s', every: 2000, paths: ['/page/data.json'] },
  { name: 'JSON + /metrics, 10/s', every: 100, paths: ['/', '/metrics'] },
];

/** Counts, in total or of one window; time in ms, and CPU of the worker and the primary. */
type Counts = Record<'time' | 'requests' | 'worker' | 'primary' | 'reads' | 'failed', number>;

/** The load generator, in a separate process, so that its CPU time does not count as the service's. */
function startLoad(port: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  let answered = 0;
  const client = async () => {
    for (;;) {
      const { status } = await fetch(port, '/', { agent });
      if (status !== 200) throw new Error(`status ${String(status)}`);
      answered += 1;
    }
  };
  process.on('message', () => process.send?.(answered)).once('disconnect', () => process.exit());
  for (let n = 0; n < CLIENTS; n += 1) void client();
}

/** utime and stime, in ms. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The fields from the third on: the second, a name in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The same in ns, because a read takes less than a tick. Ended threads are missing, but the primary ends none. */
function exactCpuOf(pid: number): number {
  const tasks = `/proc/${String(pid)}/task`;
  const ns = readdirSync(tasks).map((task) => parseInt(readFileSync(`${tasks}/${task}/schedstat`, 'utf8'), 10));
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** Starts the built server and the load generator, measures, and ends both. */
async function measure(): Promise<Counts[][]> {
  const [port, statsPort] = (await freePorts(2)) as [number, number];
  const address = { HOST: '127.0.0.1', PORT: String(port), STATS_PORT: String(statsPort) };
  const { dir, remove } = writeProject();
  process.once('exit', remove);
  const server = run(process.execPath, {
    args: [program, 'serve', 'dist/identidock.js'],
    cwd: dir,
    env: { ...address, WORKERS: '1', ACCESS_LOG: 'off', LOG_LEVEL: 'warn' },
  });
  // However this ends: the server is in its own process group.
  process.once('exit', server.kill.bind(null, 'SIGTERM'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  let over = false;
  const onEnd = () => {
    if (!over) throw new Error(`the server or the load has ended:\n${server.output()}`);
  };
  void server.exited.then(onEnd);
  await eventually(async () => (await fetch(port, '/readyz')).status === 200 || undefined);
  const { workers } = JSON.parse((await fetch(statsPort)).body) as { workers: [{ pid: number }] };
  const tsNode = join(root, 'node_modules/ts-node/dist/bin-transpile.js');
  const load = fork(tsNode, [__filename, 'load', String(port)], { execArgv: [] }).once('exit', onEnd);
  let [reads, failed] = [0, 0];
  const count = async (): Promise<Counts> => {
    load.send('count');
    const [requests] = (await once(load, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [number];
    const time = performance.now();
    return { time, requests, worker: cpuOf(workers[0].pid), primary: exactCpuOf(server.pid), reads, failed };
  };
  const read = async (path: string) => {
    const answer = await fetch(statsPort, path, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    if (answer?.status === 200) reads += 1;
    else failed += 1;
  };
  const windowOf = async ({ every, paths }: (typeof readers)[number]): Promise<Counts> => {
    const before = await count();
    const asked: Promise<void>[] = [];
    for (let at = every / 2; at < WINDOW_MS; at += every) {
      await pause(before.time + at - performance.now());
      asked.push(...paths.map(read));
    }
    await pause(before.time + WINDOW_MS - performance.now());
    await Promise.all(asked);
    const after = await count();
    const since = (name: string) => after[name as keyof Counts] - before[name as keyof Counts];
    return Object.fromEntries(Object.keys(after).map((name) => [name, since(name)])) as Counts;
  };
  const windows = new Map(readers.map((reader) => [reader, [] as Counts[]]));
  // The first round is a warm-up, and is dropped. Each of the others starts with a different reader.
  for (let round = -1; round < readers.length; round += 1) {
    for (const reader of [...readers.slice(round), ...readers.slice(0, round)]) {
      const counts = await windowOf(reader);
      if (round >= 0) windows.get(reader)?.push(counts);
    }
  }
  over = true;
  load.disconnect();
  server.kill('SIGTERM');
  await server.closed;
  return [...windows.values()];
}

/** The median, with minimum and maximum. */
function spread(values: number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part)] ?? NaN;
  const median = (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2;
  return `${median.toFixed(digits)} (${at(0).toFixed(digits)}-${at(sorted.length - 1).toFixed(digits)})`;
}

async function main(): Promise<void> {
  build();
  const load = loadavg()[0]?.toFixed(2);
  const windows = await measure();
  const failed = windows.flat().reduce((sum, one) => sum + one.failed, 0);
  const rate = ({ requests, time }: Counts) => (requests * 1000) / time;
  const worker = (one: Counts) => (one.worker * 1000) / one.requests;
  const all = (one: Counts) => ((one.worker + one.primary) * 1000) / one.requests;
  const rows = windows.map((own, index) => {
    // Paired within each round, because the machine's other work changes from round to round.
    const pairs = own.map((one, round) => [one, windows[0]?.[round] ?? one] as const);
    const cells = [rate, worker, all].flatMap((of, column) => {
      const ratios = pairs.map(([one, none]) => of(one) / of(none));
      return [spread(own.map(of), column === 0 ? 0 : 1), spread(ratios, 3)];
    });
    const perRead = pairs.map(([one, none]) => (one.primary - (none.primary / none.time) * one.time) / one.reads);
    return [readers[index]?.name ?? '', ...cells, own[0]?.reads ? spread(perRead, 2) : ''];
  });
  const head = ['', 'requests/s', 'ratio', 'worker us/request', 'ratio', 'all us/request', 'ratio', 'primary ms/read'];
  for (const cells of [head, ...rows]) console.log(cells.map((cell) => cell.padEnd(22)).join(''));
  console.log(`
Medians (least-most) of windows of ${String(WINDOW_MS / 1000)} s; 1 worker, ${String(CLIENTS)} keep-alive clients, GET /; us and ms are CPU time.
Ratios are to "no reader" in the same round. What "no reader, again" differs by is noise, and so is all that is less.
Clients, readers and whatever else runs here share ${String(availableParallelism())} cores with the server: then CPU per request is the figure to
trust, not requests a second. Load average ${String(load)} before; reads failed: ${String(failed)}; Node.js ${process.version}.`);
}

if (process.argv[2] === 'load') startLoad(Number(process.argv[3]));
else void main();
