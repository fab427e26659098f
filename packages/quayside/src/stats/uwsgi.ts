// The snapshot in the format of uWSGI 2.0's stats server, for the tools that read it.
// Names and units: https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html and core/stats.c of its sources. Values
// without a counterpart in Node are 0; docs/stats.md lists them.
import type { Snapshot, WorkerSnapshot } from './snapshot';

/** In the order of uWSGI's own document. */
function workerOf({ counts, ...worker }: WorkerSnapshot) {
  const { status, accepting } = worker;
  const isBusy = status === 'busy' || status === 'blocked' ? 1 : 0;
  return {
    id: worker.id,
    pid: worker.pid,
    accepting: accepting ? 1 : 0,
    requests: counts.requests,
    delta_requests: worker.deltaRequests,
    exceptions: counts.exceptions,
    harakiri_count: worker.harakiris,
    signals: 0,
    signal_queue: 0,
    status: status === 'blocked' ? 'busy' : status,
    rss: worker.rss,
    vsz: worker.vsz,
    running_time: counts.runningTime,
    last_spawn: Math.floor(worker.spawnedAt / 1000),
    respawn_count: worker.spawns,
    tx: counts.sent,
    avg_rt: counts.averageTime,
    // uWSGI has no such count: its harakiri also covers slow requests.
    timeouts: counts.timeouts,
    apps: [
      {
        id: 0,
        modifier1: 0,
        mountpoint: '',
        startup_time: Math.floor(worker.startupMs / 1000),
        requests: counts.requests,
        exceptions: counts.exceptions,
        chdir: '',
      },
    ],
    // A uWSGI core has one request at a time; a Node worker is one core that may have more.
    cores: [
      {
        id: 0,
        requests: counts.requests,
        static_requests: 0,
        routed_requests: 0,
        offloaded_requests: 0,
        write_errors: counts.writeErrors,
        read_errors: counts.readErrors,
        in_request: isBusy,
        // uWSGI shows the request here, including its headers.
        vars: [],
        req_info: {},
      },
    ],
  };
}

/**
 * Formats a snapshot as JSON with uWSGI's names. Numbers are integers, and each worker is on its own line, as strict
 * readers require.
 */
export function formatUwsgi({ nodeVersion, pid, uid, gid, cwd, socket, workers }: Snapshot): string {
  const { name, queue, maxQueue } = socket;
  const server = {
    version: nodeVersion,
    listen_queue: queue,
    listen_queue_errors: 0,
    signal_queue: 0,
    load: queue,
    pid,
    uid,
    gid,
    cwd,
    locks: [{ 'user 0': 0 }],
    sockets: [{ name, proto: 'http', queue, max_queue: maxQueue, shared: 0, can_offload: 0 }],
  };
  const lines = Object.entries(server).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  const rows = workers.map((worker) => `  ${JSON.stringify(workerOf(worker))}`);
  return `{\n${lines.join('\n')}\n "workers": [\n${rows.join(',\n')}\n ]\n}\n`;
}
