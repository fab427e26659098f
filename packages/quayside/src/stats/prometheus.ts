// The snapshot as Prometheus text: uWSGI's values in the names of uwsgi_exporter, and what only Node has in its own.
// https://github.com/timonwong/uwsgi_exporter and https://prometheus.io/docs/instrumenting/exposition_formats/
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { BOUNDS, countOf, type Histogram } from './histogram';
import type { Snapshot, WorkerSnapshot } from './snapshot';

type Labels = Record<string, string>;
interface Value {
  labels: Labels;
  value: number;
  metricName?: string;
}
/** As prom-client's getMetricsAsJSON() gives it. */
interface Metric {
  name: string;
  help: string;
  type: 'gauge' | 'counter' | 'histogram';
  aggregator: 'first';
  values: Value[];
}

/** prom-client's, whose names promtool does not take: they end as a counter's, and are none. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

function metric(type: Metric['type'], name: string, help: string, values: [Labels, number][]): Metric {
  return { name, help, type, aggregator: 'first', values: values.map(([labels, value]) => ({ labels, value })) };
}

function histogram(name: string, help: string, series: [Labels, Histogram][]): Metric {
  const values = series.flatMap(([labels, { buckets, sum }]): Value[] => {
    let cumulative = 0;
    const below = BOUNDS.map((bound, index) => {
      cumulative += buckets[index] ?? 0;
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: cumulative };
    });
    const count = countOf(buckets);
    return [
      ...below,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
  return { name, help, type: 'histogram', aggregator: 'first', values };
}

const gauge = metric.bind(undefined, 'gauge');
const counter = metric.bind(undefined, 'counter');

/** @returns the metrics of a snapshot, as prom-client takes them */
export function metricsOf({ socket, workers, durations, name, version, nodeVersion }: Snapshot): Metric[] {
  /** One value for each worker. */
  const each = (value: (worker: WorkerSnapshot) => number | boolean, more: Labels = {}) =>
    workers.map((worker): [Labels, number] => [{ worker_id: String(worker.id), ...more }, Number(value(worker))]);
  const one = (value: number): [Labels, number][] => [[{}, value]];
  const ofSocket = (value: number): [Labels, number][] => [[{ name: socket.name, proto: 'http' }, value]];
  const app = { app_id: '0', mountpoint: '', chdir: '' };
  const core = { core_id: '0' };
  const isBusy = ({ status }: WorkerSnapshot) => status === 'busy' || status === 'blocked';

  return [
    gauge('uwsgi_up', 'Whether the stats can be read.', one(1)),
    gauge('uwsgi_listen_queue_length', 'Connections that wait to be accepted.', one(socket.queue)),
    gauge('uwsgi_listen_queue_errors', 'Always 0: cannot be known.', one(0)),
    gauge('uwsgi_signal_queue_length', 'Always 0: Node has none.', one(0)),
    gauge('uwsgi_workers', 'Number of workers.', one(workers.length)),
    gauge('uwsgi_socket_queue_length', 'Connections that wait to be accepted.', ofSocket(socket.queue)),
    gauge('uwsgi_socket_max_queue_length', 'How many connections may wait.', ofSocket(socket.maxQueue)),
    gauge('uwsgi_socket_shared', 'Always 0.', ofSocket(0)),
    gauge('uwsgi_socket_can_offload', 'Always 0.', ofSocket(0)),

    gauge(
      'uwsgi_worker_accepting',
      'Whether the worker takes connections.',
      each(({ accepting }) => accepting),
    ),
    gauge(
      'uwsgi_worker_delta_requests',
      'Requests of the process that serves now.',
      each((w) => w.deltaRequests),
    ),
    gauge(
      'uwsgi_worker_signal_queue_length',
      'Always 0: Node has none.',
      each(() => 0),
    ),
    gauge(
      'uwsgi_worker_rss_bytes',
      'Resident size.',
      each(({ rss }) => rss),
    ),
    gauge(
      'uwsgi_worker_vsz_bytes',
      'Virtual size.',
      each(({ vsz }) => vsz),
    ),
    gauge(
      'uwsgi_worker_running_time_seconds',
      'Time of all requests.',
      each((w) => w.counts.runningTime / 1e6),
    ),
    gauge(
      'uwsgi_worker_last_spawn_time_seconds',
      'When the process started.',
      each((w) => w.spawnedAt / 1000),
    ),
    gauge(
      'uwsgi_worker_average_response_time_seconds',
      'Average in which each request counts as much as all before it.',
      each((w) => w.counts.averageTime / 1e6),
    ),
    gauge(
      'uwsgi_worker_apps',
      'Always 1: the service.',
      each(() => 1),
    ),
    gauge(
      'uwsgi_worker_cores',
      'Always 1: the event loop.',
      each(() => 1),
    ),
    gauge('uwsgi_worker_busy', 'Whether it has a request, or its event loop is blocked.', each(isBusy)),
    gauge(
      'uwsgi_worker_idle',
      'Whether it has no request.',
      each(({ status }) => status === 'idle'),
    ),
    gauge(
      'uwsgi_worker_cheap',
      'Whether it has no process.',
      each(({ status }) => status === 'cheap'),
    ),
    counter(
      'uwsgi_worker_requests_total',
      'Requests answered.',
      each((w) => w.counts.requests),
    ),
    counter(
      'uwsgi_worker_exceptions_total',
      'Unhandled errors.',
      each((w) => w.counts.exceptions),
    ),
    counter(
      'uwsgi_worker_harakiri_count_total',
      'Processes killed, being blocked.',
      each((w) => w.harakiris),
    ),
    counter(
      'uwsgi_worker_signals_total',
      'Always 0: Node has none.',
      each(() => 0),
    ),
    counter(
      'uwsgi_worker_respawn_count_total',
      'Processes started.',
      each((w) => w.spawns),
    ),
    counter(
      'uwsgi_worker_transmitted_bytes_total',
      'Bytes of answers.',
      each((w) => w.counts.sent),
    ),
    gauge(
      'uwsgi_worker_app_startup_time_seconds',
      'Time until it listened.',
      each((w) => w.startupMs / 1000, app),
    ),
    counter(
      'uwsgi_worker_app_requests_total',
      'Requests answered.',
      each((w) => w.counts.requests, app),
    ),
    counter(
      'uwsgi_worker_app_exceptions_total',
      'Unhandled errors.',
      each((w) => w.counts.exceptions, app),
    ),
    gauge('uwsgi_worker_core_busy', 'Whether it has a request, or its event loop is blocked.', each(isBusy, core)),
    counter(
      'uwsgi_worker_core_requests_total',
      'Requests answered.',
      each((w) => w.counts.requests, core),
    ),
    counter(
      'uwsgi_worker_core_static_requests_total',
      'Always 0.',
      each(() => 0, core),
    ),
    counter(
      'uwsgi_worker_core_routed_requests_total',
      'Always 0.',
      each(() => 0, core),
    ),
    counter(
      'uwsgi_worker_core_offloaded_requests_total',
      'Always 0.',
      each(() => 0, core),
    ),
    counter(
      'uwsgi_worker_core_write_errors_total',
      'Answers not sent whole.',
      each((w) => w.counts.writeErrors, core),
    ),
    counter(
      'uwsgi_worker_core_read_errors_total',
      'Broken requests.',
      each((w) => w.counts.readErrors, core),
    ),

    histogram(
      'http_request_duration_seconds',
      'From the headers of a request to the end of its answer, by method, route and class of status.',
      durations.map((one) => {
        const [method = '', route = '', status = ''] = one.labels;
        return [{ method, route, status }, one];
      }),
    ),
    gauge(
      'http_requests_in_flight',
      'Requests that are being answered.',
      each((w) => w.counts.inFlight),
    ),
    counter(
      'http_request_timeouts_total',
      'Requests that took the service too long.',
      each((w) => w.counts.timeouts),
    ),
    gauge(
      'nodejs_worker_blocked',
      'Whether the event loop is blocked.',
      each(({ status }) => status === 'blocked'),
    ),
    ...(['mean', 'p99', 'max'] as const).map((name) =>
      gauge(
        `nodejs_worker_eventloop_lag_${name}_seconds`,
        'How late the event loop was within the last half minute.',
        each((w) => w.vitals.lag[name] / 1000),
      ),
    ),
    gauge(
      'nodejs_worker_heap_used_bytes',
      'Heap in use.',
      each((w) => w.vitals.heapUsed),
    ),
    gauge(
      'nodejs_worker_heap_total_bytes',
      'Heap allocated.',
      each((w) => w.vitals.heapTotal),
    ),
    gauge(
      'nodejs_worker_external_memory_bytes',
      'Memory of buffers and the like.',
      each((w) => w.vitals.external),
    ),
    histogram(
      'nodejs_worker_gc_duration_seconds',
      'Garbage collections by kind: minor, major, incremental or weakcb.',
      workers.flatMap(({ id, gc }) =>
        gc.map((one): [Labels, Histogram] => [{ worker_id: String(id), kind: one.labels[0] ?? '' }, one]),
      ),
    ),
    gauge('service_build_info', 'What runs; always 1.', [[{ name, version, node: nodeVersion }, 1]]),
  ];
}

/**
 * Makes the formatter; from then on it also watches over this process, the primary.
 * @returns a function that prints a snapshot, and the metrics of this process
 */
export function createPrometheus(): { type: string; format: (snapshot: Snapshot) => Promise<string> } {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  for (const name of MISNAMED) own.removeSingleMetric(name);
  return {
    type: own.contentType,
    format: async (snapshot) => {
      const all = AggregatorRegistry.aggregate([metricsOf(snapshot)] as never);
      return (await all.metrics()) + (await own.metrics());
    },
  };
}
