// Every metric of the snapshot: uWSGI's values under uwsgi_exporter's names, and Node's own values under their own.
// https://github.com/timonwong/uwsgi_exporter
import type { Histogram } from './histogram';
import type { Snapshot, WorkerSnapshot } from './snapshot';

/** A value for each combination of labels, which are in the form of the output, as name="value",name="value". */
type Series<Value> = (snapshot: Snapshot) => [labels: string, Value][];
/** A metric: its name, type, help text, and values in a snapshot. */
export type Row =
  | [name: string, type: 'gauge' | 'counter', help: string, values: Series<number>]
  | [name: string, type: 'histogram', help: string, values: Series<Histogram>];

/** @returns labels in the form of the output. Within a value, a backslash, a quote and a newline are escaped. */
function format(labels: Record<string, string>): string {
  const escape = (value: string) => value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(',');
}

/** One value, without labels. */
const one =
  (value: (snapshot: Snapshot) => number): Series<number> =>
  (snapshot) => [['', value(snapshot)]];

/** One value, of the socket. */
const ofSocket =
  (value: (socket: Snapshot['socket']) => number): Series<number> =>
  ({ socket }) => [[format({ name: socket.name, proto: 'http' }), value(socket)]];

/**
 * One value for each worker.
 * @param more - labels after the worker's own, each with a comma before it
 */
const each =
  (value: (worker: WorkerSnapshot) => number | boolean, more = ''): Series<number> =>
  ({ workers }) =>
    workers.map((worker) => [`worker_id="${String(worker.id)}"${more}`, Number(value(worker))]);

const durations: Series<Histogram> = (snapshot) =>
  snapshot.durations.map((histogram) => {
    const [method = '', route = '', status = ''] = histogram.labels;
    return [format({ method, route, status }), histogram];
  });

const collections: Series<Histogram> = ({ workers }) =>
  workers.flatMap(({ id, gc }) =>
    gc.map((histogram): [string, Histogram] => {
      const [kind = ''] = histogram.labels;
      return [format({ worker_id: String(id), kind }), histogram];
    }),
  );

const build: Series<number> = ({ name, version, nodeVersion }) => [[format({ name, version, node: nodeVersion }), 1]];

const dropped = (snapshot: Snapshot) =>
  snapshot.workers.reduce((total, { counts }) => total + counts.dropped, snapshot.dropped);

const app = ',app_id="0",mountpoint="",chdir=""';
const core = ',core_id="0"';
const zero = () => 0;
const isBusy = ({ status }: WorkerSnapshot) => status === 'busy' || status === 'blocked';

const BUSY = 'Whether it has a request, or its event loop is blocked.';
const QUEUE = 'Connections that wait to be accepted.';
const AVERAGE = 'Average in which each request counts as much as all before it.';
const LAG = 'How late the event loop was within the last half minute.';
const DURATION = 'From the headers of a request to the end of its answer, by method, route and class of status.';
const SLOW = 'Requests that took the service too long.';
const DROPPED = 'Lines that were printed and dropped, since nobody read them or they could not be written.';
const GC = 'Garbage collections by kind: minor, major, incremental or weakcb.';

/** In the order of the output. */
export const rows: Row[] = [
  ['uwsgi_up', 'gauge', 'Whether the stats can be read.', one(() => 1)],
  ['uwsgi_listen_queue_length', 'gauge', QUEUE, one(({ socket }) => socket.queue)],
  ['uwsgi_listen_queue_errors', 'gauge', 'Always 0: cannot be known.', one(zero)],
  ['uwsgi_signal_queue_length', 'gauge', 'Always 0: Node has none.', one(zero)],
  ['uwsgi_workers', 'gauge', 'Number of workers.', one(({ workers }) => workers.length)],
  ['uwsgi_socket_queue_length', 'gauge', QUEUE, ofSocket((socket) => socket.queue)],
  ['uwsgi_socket_max_queue_length', 'gauge', 'How many connections may wait.', ofSocket((socket) => socket.maxQueue)],
  ['uwsgi_socket_shared', 'gauge', 'Always 0.', ofSocket(zero)],
  ['uwsgi_socket_can_offload', 'gauge', 'Always 0.', ofSocket(zero)],

  ['uwsgi_worker_accepting', 'gauge', 'Whether the worker takes connections.', each((w) => w.accepting)],
  ['uwsgi_worker_delta_requests', 'gauge', 'Requests of the process that serves now.', each((w) => w.deltaRequests)],
  ['uwsgi_worker_signal_queue_length', 'gauge', 'Always 0: Node has none.', each(zero)],
  ['uwsgi_worker_rss_bytes', 'gauge', 'Resident size.', each((w) => w.rss)],
  ['uwsgi_worker_vsz_bytes', 'gauge', 'Virtual size.', each((w) => w.vsz)],
  ['uwsgi_worker_running_time_seconds', 'gauge', 'Time of all requests.', each((w) => w.counts.runningTime / 1e6)],
  ['uwsgi_worker_last_spawn_time_seconds', 'gauge', 'When the process started.', each((w) => w.spawnedAt / 1000)],
  ['uwsgi_worker_average_response_time_seconds', 'gauge', AVERAGE, each((w) => w.counts.averageTime / 1e6)],
  ['uwsgi_worker_apps', 'gauge', 'Always 1: the service.', each(() => 1)],
  ['uwsgi_worker_cores', 'gauge', 'Always 1: the event loop.', each(() => 1)],
  ['uwsgi_worker_busy', 'gauge', BUSY, each(isBusy)],
  ['uwsgi_worker_idle', 'gauge', 'Whether it has no request.', each((w) => w.status === 'idle')],
  ['uwsgi_worker_cheap', 'gauge', 'Whether it has no process.', each((w) => w.status === 'cheap')],
  ['uwsgi_worker_requests_total', 'counter', 'Requests answered.', each((w) => w.counts.requests)],
  ['uwsgi_worker_exceptions_total', 'counter', 'Unhandled errors.', each((w) => w.counts.exceptions)],
  ['uwsgi_worker_harakiri_count_total', 'counter', 'Processes killed, being blocked.', each((w) => w.harakiris)],
  ['uwsgi_worker_signals_total', 'counter', 'Always 0: Node has none.', each(zero)],
  ['uwsgi_worker_respawn_count_total', 'counter', 'Processes started.', each((w) => w.spawns)],
  ['uwsgi_worker_transmitted_bytes_total', 'counter', 'Bytes of answers.', each((w) => w.counts.sent)],

  ['uwsgi_worker_app_startup_time_seconds', 'gauge', 'Time until it listened.', each((w) => w.startupMs / 1000, app)],
  ['uwsgi_worker_app_requests_total', 'counter', 'Requests answered.', each((w) => w.counts.requests, app)],
  ['uwsgi_worker_app_exceptions_total', 'counter', 'Unhandled errors.', each((w) => w.counts.exceptions, app)],
  ['uwsgi_worker_core_busy', 'gauge', BUSY, each(isBusy, core)],
  ['uwsgi_worker_core_requests_total', 'counter', 'Requests answered.', each((w) => w.counts.requests, core)],
  ['uwsgi_worker_core_static_requests_total', 'counter', 'Always 0.', each(zero, core)],
  ['uwsgi_worker_core_routed_requests_total', 'counter', 'Always 0.', each(zero, core)],
  ['uwsgi_worker_core_offloaded_requests_total', 'counter', 'Always 0.', each(zero, core)],
  [
    'uwsgi_worker_core_write_errors_total',
    'counter',
    'Answers not sent whole.',
    each((w) => w.counts.writeErrors, core),
  ],
  ['uwsgi_worker_core_read_errors_total', 'counter', 'Broken requests.', each((w) => w.counts.readErrors, core)],

  ['http_request_duration_seconds', 'histogram', DURATION, durations],
  ['http_requests_in_flight', 'gauge', 'Requests that are being answered.', each((w) => w.counts.inFlight)],
  ['http_request_timeouts_total', 'counter', SLOW, each((w) => w.counts.timeouts)],
  ['nodejs_worker_blocked', 'gauge', 'Whether the event loop is blocked.', each((w) => w.status === 'blocked')],
  ['nodejs_worker_eventloop_lag_mean_seconds', 'gauge', LAG, each((w) => w.vitals.lag.mean / 1000)],
  ['nodejs_worker_eventloop_lag_p99_seconds', 'gauge', LAG, each((w) => w.vitals.lag.p99 / 1000)],
  ['nodejs_worker_eventloop_lag_max_seconds', 'gauge', LAG, each((w) => w.vitals.lag.max / 1000)],
  ['nodejs_worker_heap_used_bytes', 'gauge', 'Heap in use.', each((w) => w.vitals.heapUsed)],
  ['nodejs_worker_heap_total_bytes', 'gauge', 'Heap allocated.', each((w) => w.vitals.heapTotal)],
  ['nodejs_worker_external_memory_bytes', 'gauge', 'Memory of buffers and the like.', each((w) => w.vitals.external)],
  ['nodejs_worker_gc_duration_seconds', 'histogram', GC, collections],
  ['log_lines_dropped_total', 'counter', DROPPED, one(dropped)],
  ['service_build_info', 'gauge', 'What runs; always 1.', build],
];
