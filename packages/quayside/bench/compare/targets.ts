// The server's targets: wanted and measured figures.
import type { Measured, Memory, Report, Window } from './results';
import { median, ratios, spread } from './statistics';

/** One target. */
interface Bound {
  what: string;
  /** Upper or lower bound of the median over all rounds. */
  most?: number;
  least?: number;
  measured: number[];
}

const costs = (windows: Window[]) => windows.map(({ cost }) => cost);
const rates = (windows: Window[]) => windows.map(({ rate }) => rate);

/** Targets of the stacks, in requests per CPU-second. */
function ofStacks({ stacks, compared }: Report): Bound[] {
  const perCpu = (what: string, [one, other]: [string, string], least: number, isNew = false): Bound[] => {
    const windows = compared?.workloads.find((workload) => workload.isNew === isNew)?.windows;
    const [ours, theirs] = [one, other].map((key) => windows?.[stacks.findIndex((stack) => stack.key === key)]);
    if (ours === undefined || theirs === undefined) return [];
    return [{ what, least, measured: ratios(costs(theirs), costs(ours)) }];
  };
  return [
    ...perCpu('with access log / Flask, uWSGI', ['log', 'flask'], 6),
    ...perCpu('with access log / Flask, uWSGI --http-keepalive', ['log', 'flask-keepalive'], 6),
    ...perCpu('with access log / the limit', ['log', 'limit'], 0.55),
    ...perCpu('without / the limit', ['identidock', 'limit'], 0.75),
    ...perCpu('without / pm2-runtime', ['identidock', 'pm2'], 1.2),
    ...perCpu('without / plain Express, one process', ['identidock', 'plain'], 1.15),
    ...perCpu('without / the limit, new connections', ['identidock', 'limit'], 0.85, true),
  ];
}

function ofLogs(logs: NonNullable<Measured['logs']>): Bound[] {
  return logs.flatMap(({ workers, windows: [off, ...on] }) =>
    on.map(({ name, windows }) => ({
      what: `CPU a request with access log / without, ${name}, ${workers === 1 ? '1 worker' : `${String(workers)} workers`}`,
      most: 1.15,
      measured: ratios(costs(windows), costs(off?.windows ?? [])),
    })),
  );
}

function ofJson({ own, hashed }: NonNullable<Measured['json']>): Bound[] {
  const what = 'CPU a request of 10 KB, without / the limit with JSON and ETag';
  return [{ what, most: 1.6, measured: ratios(costs(own), costs(hashed)) }];
}

function ofReaders({ copy, stats }: NonNullable<Measured['readers']>): Bound[] {
  const what = 'requests/s with /metrics read 10 times a second / a copy of it read';
  return [{ what, least: 0.97, measured: ratios(rates(stats), rates(copy)) }];
}

function ofMemory({ log, off, cluster, kept }: NonNullable<Measured['memory']>): Bound[] {
  const loaded = (measured: Memory[]) => measured.map((one) => one.loaded);
  const name = "memory loaded / plain Express in Node's cluster";
  return [
    { what: 'memory of the primary and two workers, idle, MB', most: 90, measured: log.map(({ idle }) => idle) },
    { what: `${name}, with access log`, most: 1.5, measured: ratios(loaded(log), loaded(cluster)) },
    { what: `${name}, without`, most: 1.5, measured: ratios(loaded(off), loaded(cluster)) },
    {
      what: "memory of an idle kept connection over the limit's, KB",
      most: 12,
      measured: kept.own.map((size, round) => size - (kept.limit[round] ?? NaN)),
    },
  ];
}

function ofLatency([own, limit]: NonNullable<Measured['latency']>): Bound[] {
  return (['p99', 'p999'] as const).map((key) => {
    const [ours = [], theirs = []] = [own, limit].map((run) => run?.latencies.map((one) => one[key]));
    const name = key === 'p99' ? 'p99' : 'p99.9';
    return { what: `${name} at half of saturation, without / the limit`, most: 1.2, measured: ratios(ours, theirs) };
  });
}

function ofPauses({ ms }: NonNullable<Measured['pauses']>): Bound[] {
  return [{ what: 'longest garbage collection in a minute, ms', most: 20, measured: [Math.max(...ms)] }];
}

function ofPolicies(policies: NonNullable<Measured['policies']>): Bound[] {
  return policies.flatMap(({ workers, isNew, own, roundRobin }) => {
    if (!isNew) return [];
    const name = `new connections, ${String(workers)} workers:`;
    const better = rates(own).map((rate, round) => Math.max(rate, roundRobin[round]?.rate ?? 0));
    return [
      { what: `${name} requests/s / the better policy`, least: 0.9, measured: ratios(rates(own), better) },
      { what: `${name} busiest worker / least busy`, most: 2, measured: own.map(({ share }) => share) },
    ];
  });
}

/** @returns a Markdown table of the targets that this run measured */
export function held(report: Report): string {
  const { logs, json, readers, memory, latency, pauses, policies } = report;
  const bounds = [
    ...ofStacks(report),
    ...(logs ? ofLogs(logs) : []),
    ...(json ? ofJson(json) : []),
    ...(readers ? ofReaders(readers) : []),
    ...(memory ? ofMemory(memory) : []),
    ...(latency ? ofLatency(latency) : []),
    ...(pauses ? ofPauses(pauses) : []),
    ...(policies ? ofPolicies(policies) : []),
  ];
  const rows = bounds.map(({ what, most = Infinity, least = -Infinity, measured }) => {
    const value = median(measured);
    const wanted = most === Infinity ? `at least ${String(least)}` : `at most ${String(most)}`;
    return [what, wanted, spread(measured, 2), value >= least && value <= most ? 'yes' : 'no'];
  });
  const head = [
    ['requests per CPU-second, 14 bytes, keep-alive, unless stated otherwise', 'target', 'measured', 'met'],
    ['---', '---:', '---:', '---'],
  ];
  return [...head, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
