import { createPrometheus } from '../../src/stats/prometheus';
import { writeMetrics } from '../../src/stats/service-metrics';
import type { Snapshot } from '../../src/stats/snapshot';
import { busy, cheap, histogramOf, snapshot } from './snapshot';

const prometheus = createPrometheus();

afterEach(() => {
  jest.restoreAllMocks();
});

/** Each line that is a value, by all that stands before it. */
async function valuesOf(of: Snapshot): Promise<Map<string, number>> {
  const lines = (await prometheus.format(of)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const values = new Map(
    lines.map((line): [string, number] => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
  // No two lines say the same of the same.
  expect(values.size).toBe(lines.length);
  return values;
}

/** The names of all metrics, and what they are. */
async function typesOf(of: Snapshot): Promise<[name: string, type: string][]> {
  const text = await prometheus.format(of);
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]);
}

const app = 'app_id="0",mountpoint="",chdir=""';
const core = 'core_id="0"';
const socket = '{name="0.0.0.0:9090",proto="http"}';

test.each([
  ['uwsgi_up', 1],
  ['uwsgi_listen_queue_length', 22],
  ['uwsgi_listen_queue_errors', 0],
  ['uwsgi_signal_queue_length', 0],
  ['uwsgi_workers', 2],
  [`uwsgi_socket_queue_length${socket}`, 22],
  [`uwsgi_socket_max_queue_length${socket}`, 511],
  [`uwsgi_socket_shared${socket}`, 0],
  [`uwsgi_socket_can_offload${socket}`, 0],
  ['service_build_info{name="identidock",version="1.2.3",node="v26.0.0"}', 1],
])('%s is %d', async (name, value) => {
  expect((await valuesOf(snapshot)).get(name)).toBe(value);
});

/** What the busy worker's values are; those of the worker that never was are all 0, but for those that say so. */
const ofWorkers: [name: string, value: number, more?: string, ofCheap?: number][] = [
  ['uwsgi_worker_accepting', 1],
  ['uwsgi_worker_delta_requests', 2],
  ['uwsgi_worker_signal_queue_length', 0],
  ['uwsgi_worker_rss_bytes', 50_000_000],
  ['uwsgi_worker_vsz_bytes', 900_000_000],
  ['uwsgi_worker_running_time_seconds', 9.000001],
  ['uwsgi_worker_last_spawn_time_seconds', 1_700_000_000.999],
  ['uwsgi_worker_average_response_time_seconds', 0.001001],
  ['uwsgi_worker_apps', 1, '', 1],
  ['uwsgi_worker_cores', 1, '', 1],
  ['uwsgi_worker_busy', 1],
  ['uwsgi_worker_idle', 0],
  ['uwsgi_worker_cheap', 0, '', 1],
  ['uwsgi_worker_requests_total', 12],
  ['uwsgi_worker_exceptions_total', 5],
  ['uwsgi_worker_harakiri_count_total', 13],
  ['uwsgi_worker_signals_total', 0],
  ['uwsgi_worker_respawn_count_total', 14],
  ['uwsgi_worker_transmitted_bytes_total', 8000],
  ['uwsgi_worker_app_startup_time_seconds', 15.999, app],
  ['uwsgi_worker_app_requests_total', 12, app],
  ['uwsgi_worker_app_exceptions_total', 5, app],
  ['uwsgi_worker_core_busy', 1, core],
  ['uwsgi_worker_core_requests_total', 12, core],
  ['uwsgi_worker_core_static_requests_total', 0, core],
  ['uwsgi_worker_core_routed_requests_total', 0, core],
  ['uwsgi_worker_core_offloaded_requests_total', 0, core],
  ['uwsgi_worker_core_write_errors_total', 7, core],
  ['uwsgi_worker_core_read_errors_total', 6, core],
  ['http_requests_in_flight', 3],
  ['http_request_timeouts_total', 4],
  ['nodejs_worker_blocked', 0],
  ['nodejs_worker_eventloop_lag_mean_seconds', 0.0015],
  ['nodejs_worker_eventloop_lag_p99_seconds', 0.019],
  ['nodejs_worker_eventloop_lag_max_seconds', 0.2],
  ['nodejs_worker_heap_used_bytes', 16_000_000],
  ['nodejs_worker_heap_total_bytes', 17_000_000],
  ['nodejs_worker_external_memory_bytes', 18_000_000],
];

test.each(ofWorkers)('each worker has %s', async (name, value, more = '', ofCheap = 0) => {
  const values = await valuesOf(snapshot);
  const labels = (id: number) => `{worker_id="${String(id)}"${more && `,${more}`}}`;
  expect(values.get(name + labels(1))).toBe(value);
  expect(values.get(name + labels(2))).toBe(ofCheap);
  expect([...values.keys()].filter((key) => key.startsWith(`${name}{`))).toHaveLength(2);
});

test('there is no other metric of a worker', async () => {
  const names = (await typesOf(snapshot)).map(([name]) => name).filter((name) => name.startsWith('uwsgi_worker_'));
  expect(names.sort()).toEqual(
    ofWorkers
      .map(([name]) => name)
      .filter((name) => name.startsWith('uwsgi_worker_'))
      .sort(),
  );
});

test.each([
  ['idle', [0, 1, 0, 0]],
  ['busy', [1, 0, 0, 0]],
  ['blocked', [1, 0, 0, 1]],
  ['cheap', [0, 0, 1, 0]],
] as const)('a worker that is %s', async (status, expected) => {
  const values = await valuesOf({ ...snapshot, workers: [{ ...busy, status }] });
  const names = ['uwsgi_worker_busy', 'uwsgi_worker_idle', 'uwsgi_worker_cheap', 'nodejs_worker_blocked'];
  expect(names.map((name) => values.get(`${name}{worker_id="1"}`))).toEqual(expected);
});

test('buckets are cumulative, and the last is the count', async () => {
  const values = await valuesOf(snapshot);
  const name = 'http_request_duration_seconds';
  const labels = 'method="GET",route="/users/:id",status="2xx"';
  const bucket = (bound: string) =>
    [...values].find(
      ([key]) => key.startsWith(`${name}_bucket{`) && key.includes('"GET"') && key.includes(`le="${bound}"`),
    );
  expect(
    ['0.0005', '0.001', '0.0025', '0.005', '0.1', '0.25', '60', '+Inf'].map((bound) => bucket(bound)?.[1]),
  ).toEqual([1, 1, 1, 3, 3, 4, 4, 4]);
  expect(values.get(`${name}_count{${labels}}`)).toBe(4);
  expect(values.get(`${name}_sum{${labels}}`)).toBeCloseTo(0.2085, 12);
});

test('what is longer than any bound is in the last bucket alone', async () => {
  const values = await valuesOf(snapshot);
  const buckets = [...values].filter(([key]) => key.includes('_bucket{') && key.includes('"POST"'));
  expect(buckets.filter(([, value]) => value > 0).map(([key]) => /le="(.*?)"/.exec(key)?.[1])).toEqual(['+Inf']);
  expect(buckets).toHaveLength(17);
});

test('garbage collections are by worker and kind', async () => {
  const values = await valuesOf(snapshot);
  expect(values.get('nodejs_worker_gc_duration_seconds_count{worker_id="1",kind="minor"}')).toBe(2);
  expect(values.get('nodejs_worker_gc_duration_seconds_sum{worker_id="1",kind="minor"}')).toBe(0.004);
});

test('dropped lines are those of the primary and of the workers', async () => {
  expect((await valuesOf(snapshot)).get('log_lines_dropped_total')).toBe(1002 + 1003);
});

test('what is special in the value of a label is escaped', async () => {
  const values = await valuesOf({ ...snapshot, durations: [histogramOf(['GET', 'a"b\\c\nd', '2xx'], 1)] });
  expect(values.get('http_request_duration_seconds_count{method="GET",route="a\\"b\\\\c\\nd",status="2xx"}')).toBe(1);
});

test("a counter's name ends in _total, and no other's", async () => {
  const types = await typesOf(snapshot);
  expect(types.filter(([name, type]) => (type === 'counter') !== name.endsWith('_total'))).toEqual([]);
});

test('each metric is described once', async () => {
  const names = (await typesOf(snapshot)).map(([name]) => name);
  expect(names).toEqual([...new Set(names)]);
});

test("the primary's own metrics are in it", async () => {
  const values = await valuesOf(snapshot);
  expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  expect([...values.keys()].filter((name) => name.startsWith('nodejs_eventloop_lag'))).toEqual([]);
  expect(values.has('process_cpu_seconds_total')).toBe(true);
});

test("the primary's own metrics are read once a second at most", async () => {
  const { format } = createPrometheus();
  const read = jest.spyOn(process, 'cpuUsage');
  const clock = jest.spyOn(performance, 'now');
  const readAt = async (ms: number) => {
    clock.mockReturnValue(ms);
    read.mockClear();
    expect(await format(snapshot)).toContain('\nprocess_cpu_seconds_total ');
    return read.mock.calls.length > 0;
  };
  expect([await readAt(0), await readAt(999), await readAt(1000), await readAt(1001)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test("the service's metrics are those of the last reports", async () => {
  const reportOf = (value: number) =>
    writeMetrics([
      { name: 'jobs_total', help: 'Jobs.', type: 'counter', aggregator: 'sum', values: [{ labels: {}, value }] },
    ]);
  const totalOf = async (...serviceMetrics: string[]) =>
    (await valuesOf({ ...snapshot, serviceMetrics })).get('jobs_total');
  expect(await totalOf(reportOf(1), reportOf(2))).toBe(3);
  expect(await totalOf(reportOf(1), reportOf(2))).toBe(3);
  expect(await totalOf(reportOf(1), reportOf(4))).toBe(5);
  expect(await totalOf(reportOf(1))).toBe(1);
  expect(await totalOf()).toBeUndefined();
});

test('each line is a comment or a value, and the last ends', async () => {
  const text = await prometheus.format({ ...snapshot, workers: [cheap], durations: [] });
  expect(text.endsWith('\n')).toBe(true);
  const value = /^[a-z\d_:]+(\{([a-z_]+="[^"\n]*",?)+\})? \S+$/i;
  expect(
    text.split('\n').filter((line) => !(line === '' || /^# (HELP|TYPE) \S+ \S/.test(line) || value.test(line))),
  ).toEqual([]);
  expect(prometheus.type).toBe('text/plain; version=0.0.4; charset=utf-8');
});
