import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import {
  checkMetrics,
  isReserved,
  NO_METRICS,
  parseMetrics,
  parseReports,
  readMetrics,
  retain,
  writeMetrics,
} from '../../src/stats/service-metrics';

const registers: Registry[] = [];

/** A registry with one metric of each type, each counted as often. */
async function report(times: number): Promise<string> {
  const register = new Registry();
  registers.push(register);
  const of = { help: 'Help.', registers: [register] };
  const counter = new Counter({ ...of, name: 'c_total', labelNames: ['of', 'by'] });
  const gauge = new Gauge({ ...of, name: 'g' });
  const histogram = new Histogram({ ...of, name: 'h_seconds', buckets: [1] });
  const summary = new Summary({ ...of, name: 's_seconds', percentiles: [0.5] });
  const worst = new Counter({ ...of, name: 'worst_total', aggregator: 'max' });
  for (let count = 0; count < times; count += 1) {
    counter.inc(count % 2 === 0 ? { of: 'x', by: 'y' } : { by: 'y', of: 'x' });
    gauge.inc();
    histogram.observe(0.5);
    summary.observe(0.5);
    worst.inc();
  }
  return writeMetrics(readMetrics(await register.getMetricsAsJSON()).metrics);
}

const valuesOf = (text: string) =>
  Object.fromEntries(
    parseMetrics(text).map(({ name, values }) => [
      name,
      values.map(({ metricName, labels, value }) => [metricName ?? '', labels, value]),
    ]),
  );

test('of a worker that has ended, counts are kept, gauges and quantiles are not', async () => {
  const earlier = retain(retain(NO_METRICS, await report(2)), await report(3));
  expect(retain(earlier, NO_METRICS)).toBe(earlier);
  expect(valuesOf(earlier)).toEqual({
    c_total: [['', { of: 'x', by: 'y' }, 5]],
    h_seconds: [
      ['h_seconds_bucket', { le: '1' }, 5],
      ['h_seconds_bucket', { le: '+Inf' }, 5],
      ['h_seconds_sum', {}, 2.5],
      ['h_seconds_count', {}, 5],
    ],
    s_seconds: [
      ['s_seconds_sum', {}, 2.5],
      ['s_seconds_count', {}, 5],
    ],
  });
});

test('what is kept does not grow without end', () => {
  const of = (pid: number) => {
    const values = Array.from({ length: 5000 }, (_, id) => ({
      labels: { pid: String(pid), id: String(id) },
      value: 1,
    }));
    return writeMetrics([{ name: 'x', help: '', type: 'counter', aggregator: 'sum', values }]);
  };
  let kept = NO_METRICS;
  for (let pid = 0; pid < 12; pid += 1) kept = retain(kept, of(pid));
  expect(kept.length).toBeGreaterThan(2 ** 19);
  expect(kept.length).toBeLessThanOrEqual(2 ** 20);
});

test('what changes its type with a reload begins anew', () => {
  const as = (type: 'counter' | 'summary', value: number) =>
    writeMetrics([{ name: 'x', help: '', type, aggregator: 'sum', values: [{ labels: {}, value }] }]);
  expect(valuesOf(retain(retain(NO_METRICS, as('counter', 1)), as('summary', 2)))).toEqual({ x: [['', {}, 2]] });
});

test.each([
  ['gauge', 'sum'],
  ['counter', 'max'],
] as const)('what becomes a %s, aggregated by %s, is not kept', (type, aggregator) => {
  const values = [{ labels: {}, value: 1 }];
  const before = writeMetrics([{ name: 'x', help: '', type: 'counter', aggregator: 'sum', values }]);
  const after = writeMetrics([{ name: 'x', help: '', type, aggregator, values }]);
  expect(parseMetrics(retain(before, after))).toEqual([]);
  expect(parseReports([before, after])).toEqual([[], parseMetrics(after)]);
});

test.each(['constructor', '__proto__', 'toString', 'a b', '', 5])('%p is no name of a metric', (name) => {
  expect(readMetrics([{ name, type: 'gauge', values: [] }])).toEqual({
    metrics: [],
    problems: [`${String(name)} is no name of a metric`],
  });
});

test('a value whose own name is not one of the metric is left out', () => {
  const values = ['x_bucket', 'x_sum', 'x_count', 'x_other', 'x_}\n', 'y_sum'].map((metricName) => ({
    metricName,
    labels: {},
    value: 1,
  }));
  const [metric] = readMetrics([{ name: 'x', type: 'summary', values }]).metrics;
  expect(metric?.values.map(({ metricName }) => metricName)).toEqual(['x_bucket', 'x_sum', 'x_count']);
});

test('values that JSON does not know come through', () => {
  const values = [NaN, Infinity, -Infinity, 1e-7].map((value) => ({ labels: {}, value }));
  const text = writeMetrics([{ name: 'x', help: '', type: 'gauge', aggregator: 'sum', values }]);
  expect(parseMetrics(text)[0]?.values).toEqual(values);
});

test.each([
  ['uwsgi_up', true],
  ['uwsgi_anything', true],
  ['process_cpu_seconds_total', true],
  ['nodejs_heap_size_total_bytes', true],
  ['http_request_duration_seconds', true],
  ['http_request_duration_seconds_count', true],
  ['service_build_info', true],
  ['log_lines_dropped_total', true],
  ['http_requests_total', false],
  ['orders_total', false],
])('%s is a name of the server: %s', (name, expected) => {
  expect(isReserved(name)).toBe(expected);
});

const metric = { name: 'x', help: 'Help.', type: 'gauge', aggregator: 'sum', values: [{ labels: {}, value: 1 }] };

test.each([
  ['null', null, 'undefined is no name of a metric'],
  ['a name with a line break', { ...metric, name: 'x\ny' }, 'is no name of a metric'],
  ['a type', { ...metric, type: 'info' }, 'x has the type info: expected one of counter, gauge, histogram, summary'],
  ['an aggregator', { ...metric, aggregator: 'mode' }, 'x has the aggregator mode: expected one of sum, first,'],
  ["a name of the server's", { ...metric, name: 'uwsgi_up' }, "uwsgi_up is a name of the server's own"],
])('%s that cannot be published is said, and the others are published', async (_, given, problem) => {
  const read = readMetrics([given, metric]);
  expect(read.metrics).toEqual([metric]);
  expect(read.problems.join()).toContain(problem);
  await expect(checkMetrics({ getMetricsAsJSON: () => Promise.resolve([given as object]) })).rejects.toThrow(problem);
});

test('labels and values of any kind become what Prometheus knows', () => {
  const values = [
    { labels: { ok: 1, 'not ok': 2 }, value: '3' },
    { labels: null, value: undefined },
    { value: 4, metricName: 'y_sum' },
    { value: 5, metricName: {} },
    null,
  ];
  expect(readMetrics([{ ...metric, values }]).metrics[0]?.values).toEqual([
    { labels: { ok: '1' }, value: 3 },
    { labels: {}, value: NaN },
    { labels: {}, value: NaN },
  ]);
  expect(readMetrics('nothing')).toEqual({ metrics: [], problems: ['getMetricsAsJSON() gave no list of metrics'] });
});

test('what no worker has written is nothing', () => {
  for (const text of ['', 'null', '{', undefined as unknown as string]) expect(parseMetrics(text)).toEqual([]);
});
