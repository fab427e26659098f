// Takes the snapshot: the state of the primary and its slots at one moment.
import { droppedLines } from '../process/outlet';
import type { Config } from '../settings/config';
import { noVitals } from '../stats/counts';
import { Histograms } from '../stats/histogram';
import type { Snapshot, WorkerSnapshot } from '../stats/snapshot';
import type { WorkerHandle } from './handle';
import { queueOf, sizeOf } from './procfs';
import { inState, sum, type Slot } from './slots';
import { isStuck } from './wear';

/** Read once: the folder may be deleted later. */
const cwd = process.cwd();

/**
 * Records the current state of the primary, which is this process, and its slots.
 * @param service - its name and version
 */
export function takeSnapshot(
  slots: Slot[],
  { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>,
  service: { name: string; version: string },
): Snapshot {
  const workers = slots.map(snapshotOf);
  return {
    at: Date.now(),
    uptime: performance.now(),
    ...service,
    nodeVersion: process.version,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cwd,
    socket: { name: `${HOST.includes(':') ? `[${HOST}]` : HOST}:${String(PORT)}`, ...queueOf(HOST, PORT) },
    workers,
    dropped: droppedLines(),
    durations: allOf(slots, 'durations'),
    serviceMetrics: slots.flatMap(({ earlier, workers }) => [
      earlier.serviceMetrics,
      ...Array.from(workers, ({ serviceMetrics }) => serviceMetrics),
    ]),
  };
}

function snapshotOf(slot: Slot): WorkerSnapshot {
  const { id, workers, spawns, harakiris, earlier } = slot;
  const serving = inState(slot, 'serving');
  const current = serving ?? inState(slot, 'starting') ?? [...workers].at(-1);
  const counts = [...workers].map((worker) => worker.counts).reduce(sum, earlier.counts);
  const pid = current?.child.process.pid ?? 0;
  const vitals = current?.vitals ?? noVitals;
  const size = sizeOf(pid);
  return {
    id,
    pid,
    status: statusOf(current, counts.inFlight),
    accepting: serving !== undefined && !isStuck(serving),
    counts,
    deltaRequests: current?.counts.requests ?? 0,
    harakiris,
    spawns,
    spawnedAt: current?.spawnedAt ?? 0,
    startupMs: current?.startupMs ?? 0,
    rss: size.rss || vitals.rss,
    vsz: size.vsz,
    vitals,
    gc: allOf([slot], 'gc'),
  };
}

function statusOf(worker: WorkerHandle | undefined, inFlight: number): WorkerSnapshot['status'] {
  if (worker === undefined) return 'cheap';
  if (isStuck(worker)) return 'blocked';
  return inFlight > 0 ? 'busy' : 'idle';
}

/** Adds up the histograms of slots, of ended and current workers. */
function allOf(slots: Slot[], key: 'durations' | 'gc') {
  const total = new Histograms();
  for (const slot of slots) {
    total.add(slot.earlier[key].all());
    for (const worker of slot.workers) total.add(worker[key].all());
  }
  return total.all();
}
