// The page's tables, in Markdown: cells are medians, with minimum and maximum.
import type { Report, Window } from './results';
import { median, percentile, ratios, spread } from './statistics';

const table = (head: string[], rows: string[][]) =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const of = <Item>(items: Item[], key: keyof Item) => items.map((item) => item[key] as number);
const total = (counts: number[]) => String(counts.reduce((sum, count) => sum + count, 0));
const errorsOf = (windows: Window[]) => total(of(windows, 'errors'));

/** The stacks under one workload. */
export function workloadTable(
  { stacks }: Report,
  { windows }: NonNullable<Report['compared']>['workloads'][number],
): string {
  const limit = windows[stacks.findIndex(({ key }) => key === 'limit')] ?? [];
  const rows = stacks.map(({ name }, index) => {
    const measured = windows[index] ?? [];
    const costs = of(measured, 'cost');
    const perCpu = spread(ratios(of(limit, 'cost'), costs), 2);
    return [name, spread(of(measured, 'rate'), 0), spread(costs, 1), perCpu, errorsOf(measured)];
  });
  return table(['', 'requests/s', 'CPU, µs per request', 'per CPU, relative to the limit', 'errors'], rows);
}

/** The stacks' memory. */
export function containerTable({ stacks }: Report, { idle, workloads }: NonNullable<Report['compared']>): string {
  const rows = stacks.map(({ name }, index) => {
    const loaded = of(workloads[0]?.windows[index] ?? [], 'memory');
    return [name, (idle[index] ?? NaN).toFixed(0), median(loaded).toFixed(0)];
  });
  return table(['', 'idle, MB', 'loaded, MB'], rows);
}

/** Latency at half of saturation. */
export function latencyTable(latency: NonNullable<Report['latency']>): string {
  const rows = latency.map(({ name, saturation, rate, latencies }) => {
    const cells = (['p50', 'p99', 'p999'] as const).map((key) => spread(of(latencies, key), 2));
    return [name, saturation.toFixed(0), rate.toFixed(0), spread(of(latencies, 'sent'), 0), ...cells];
  });
  return table(['', 'saturation, requests/s', 'rate', 'achieved', 'p50, ms', 'p99, ms', 'p99.9, ms'], rows);
}

/** The two policies of Node's cluster. */
export function policyTable(policies: NonNullable<Report['policies']>): string {
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
  return table(['', 'requests/s', 'CPU, µs per request', 'busiest worker / least busy'], rows);
}

/** The access log on and off. */
export function logTable(logs: NonNullable<Report['logs']>): string {
  const rows = logs.flatMap(({ workers, windows: all }) =>
    all.map(({ name, windows }) => [
      `${workers === 1 ? '1 worker' : `${String(workers)} workers`}: ${name}`,
      spread(of(windows, 'rate'), 0),
      spread(of(windows, 'cost'), 1),
      spread(ratios(of(windows, 'cost'), of(all[0]?.windows ?? [], 'cost')), 2),
    ]),
  );
  return table(['', 'requests/s', 'CPU, µs per request', 'relative to off'], rows);
}

/** 10 KB, by the limit and by identidock. */
export function jsonTable({ fromMemory, stringified, hashed, own }: NonNullable<Report['json']>): string {
  const rows = [
    ['the limit, from memory', fromMemory],
    ['the limit, with JSON.stringify()', stringified],
    ['the limit, with JSON.stringify() and ETag', hashed],
    ['identidock, ACCESS_LOG=off', own],
  ] as const;
  const cells = rows.map(([name, windows]) => [
    name,
    spread(of(windows, 'rate'), 0),
    spread(of(windows, 'cost'), 1),
    spread(ratios(of(windows, 'cost'), of(hashed, 'cost')), 2),
  ]);
  return table(['', 'requests/s', 'CPU, µs per request', 'relative to the limit with both'], cells);
}

/** The cost of each step of a request of 10 KB: the difference between one server and the previous one. */
export function stepTable({ fromMemory, stringified, hashed, own }: NonNullable<Report['json']>): string {
  const total = of(own, 'cost');
  const rows = (
    [
      ['reading the request, writing the answer', fromMemory, []],
      ['JSON.stringify()', stringified, fromMemory],
      ['ETag', hashed, stringified],
      ['Express and identidock', own, hashed],
    ] as const
  ).map(([name, windows, before]) => {
    const steps = windows.map(({ cost }, round) => cost - (before[round]?.cost ?? 0));
    return [name, spread(steps, 1), spread(ratios(steps, total), 2)];
  });
  return table(['', 'CPU, µs per request', 'share of identidock'], rows);
}

/** Without a reader, with one of a copy of the stats, and with one of the stats. */
export function readerTable({ unread, copy, stats }: NonNullable<Report['readers']>): string {
  const middle = (values: number[]) => `${percentile(values, 0.25).toFixed(3)}-${percentile(values, 0.75).toFixed(3)}`;
  const measured = [
    ['nobody reads', unread],
    ['a copy is read', copy],
    ['`/metrics` is read', stats],
  ] as const;
  const compared = [
    ['a copy / nobody', copy, unread],
    ['`/metrics` / a copy', stats, copy],
  ] as const;
  const rows = [
    ...measured.map(([name, windows]) => [
      name,
      spread(of(windows, 'rate'), 0),
      spread(of(windows, 'cost'), 1),
      spread(of(windows, 'read'), 0),
      total(of(windows, 'failed')),
    ]),
    ...compared.flatMap(([name, some, others]) => {
      const cells = (['rate', 'cost'] as const).map((key) => ratios(of(some, key), of(others, key)));
      return [
        [name, ...cells.map((values) => spread(values, 3)), '', ''],
        [`${name}, middle half of the rounds`, ...cells.map(middle), '', ''],
      ];
    }),
  ];
  return table(['', 'requests/s', 'CPU, µs per request', 'reads per window', 'failed'], rows);
}

/** Two workers, idle and loaded. */
export function memoryTable({ log, off, cluster }: NonNullable<Report['memory']>): string {
  const rows = [
    ['identidock, access log', log],
    ['identidock, ACCESS_LOG=off', off],
    ["Express, Node's cluster", cluster],
  ] as const;
  const cells = rows.map(([name, measured]) => [
    name,
    spread(of(measured, 'idle'), 0),
    spread(of(measured, 'loaded'), 0),
    spread(ratios(of(measured, 'loaded'), of(cluster, 'loaded')), 2),
  ]);
  return table(['', 'idle, MB', 'loaded, MB', 'loaded, relative to the cluster'], cells);
}

/** Idle connections. */
export function keptTable({ kept: { own, limit } }: NonNullable<Report['memory']>): string {
  const rows = [
    ['identidock', spread(own, 1)],
    ['node:http cluster, the limit', spread(limit, 1)],
  ];
  return table(['', 'KB per connection'], rows);
}

/** Servers under growing load. */
export function growthTable(growth: NonNullable<Report['growth']>): string {
  const rows = growth.map(({ name, connections, windows }) => [
    name,
    String(connections),
    spread(of(windows, 'rate'), 0),
    spread(of(windows, 'cost'), 1),
    median(of(windows, 'memory')).toFixed(0),
    errorsOf(windows),
  ]);
  return table(['', 'connections', 'requests/s', 'CPU, µs per request', 'memory, MB', 'errors'], rows);
}
