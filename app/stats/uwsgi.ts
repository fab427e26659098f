// The snapshot as uWSGI 2.0's stats server would print it.
// Names and units: https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html
import type { Snapshot, WorkerSnapshot } from './snapshot';

function worker(snapshot: WorkerSnapshot) {
  return {
    id: snapshot.id,
    pid: snapshot.pid,
    accepting: snapshot.accepting ? 1 : 0,
    requests: snapshot.requests,
    delta_requests: snapshot.deltaRequests,
    harakiri_count: snapshot.harakiris,
    status: snapshot.inFlight > 0 ? 'busy' : 'idle',
    last_spawn: Math.floor(snapshot.spawnedAt / 1000),
    respawn_count: snapshot.spawns,
    // uWSGI has no such count: its harakiri is for slow requests, too.
    timeouts: snapshot.timeouts,
  };
}

/**
 * Prints a snapshot as JSON in uWSGI's names. Numbers are integers, and each worker is on a line of its own, as strict
 * readers want it.
 */
export function formatUwsgi({ workers, ...server }: Snapshot): string {
  const head = JSON.stringify(server, null, 1).slice(0, -'\n}'.length);
  const lines = workers.map((snapshot) => `  ${JSON.stringify(worker(snapshot))}`);
  return `${head},\n "workers": [\n${lines.join(',\n')}\n ]\n}\n`;
}
