// One slot for each worker. Processes come and go in it; its number and its counts stay.
import { Histograms } from '../stats/histogram';
import type { Snapshot, WorkerSnapshot } from '../stats/snapshot';
import { noVitals } from '../worker/vitals';
import type { Config } from '../settings/config';
import { noCounts, type Counts } from '../worker/messages';
import type { Process } from './handle';
import { queueOf, sizeOf } from './procfs';
import { isStuck } from './wear';

export interface Slot {
  /** From 1. */
  id: number;
  /** All processes in it: at most one starts, at most one serves, and those before it drain. */
  processes: Set<Process>;
  /** How many processes were started in it. */
  spawns: number;
  /** How many in a row died before they listened. */
  failures: number;
  /** Until when no other is tried, in ms since the epoch. */
  notBefore: number;
  /** How many were killed because their event loop was blocked. */
  harakiris: number;
  /** Counted by the processes that have ended. */
  earlier: { counts: Counts; durations: Histograms; gc: Histograms };
}

/** Read once: later, the folder may be gone. */
const cwd = process.cwd();

/** How long a slot waits for another try where a process did not come to listen, doubled each time in a row, in ms. */
const BACK_OFF_MS = 500;
const MOST_BACK_OFF_MS = 30_000;

/** Makes empty slots, numbered from 1. */
export function createSlots(count: number): Slot[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    processes: new Set<Process>(),
    spawns: 0,
    failures: 0,
    notBefore: 0,
    harakiris: 0,
    earlier: { counts: noCounts(), durations: new Histograms(), gc: new Histograms() },
  }));
}

/** @returns the slot's process in that state; there is at most one that starts and one that serves */
export function inState({ processes }: Pick<Slot, 'processes'>, state: Process['state']): Process | undefined {
  return [...processes].find((process) => process.state === state);
}

/** Puts a new process into a slot. */
export function occupy(slot: Slot, own: Process): void {
  slot.spawns += 1;
  slot.processes.add(own);
}

/** Takes a process that has ended out of its slot, and keeps its counts. */
export function vacate(slot: Slot, own: Process): void {
  slot.processes.delete(own);
  const { earlier } = slot;
  earlier.counts = { ...sum(earlier.counts, own.counts), inFlight: 0 };
  earlier.durations.add(own.durations.all());
  earlier.gc.add(own.gc.all());
  if (own.state !== 'starting') return;
  slot.failures += 1;
  slot.notBefore = Date.now() + Math.min(BACK_OFF_MS * 2 ** (slot.failures - 1), MOST_BACK_OFF_MS);
}

/** Adds up what two processes of a slot have counted; an average is the later one's, where it has one. */
function sum(earlier: Counts, later: Counts): Counts {
  const names = Object.keys(earlier) as (keyof Counts)[];
  const total = Object.fromEntries(names.map((name) => [name, earlier[name] + later[name]])) as unknown as Counts;
  return { ...total, averageTime: later.averageTime || earlier.averageTime };
}

function statusOf(process: Process | undefined, inFlight: number): WorkerSnapshot['status'] {
  if (process === undefined) return 'cheap';
  if (isStuck(process)) return 'blocked';
  return inFlight > 0 ? 'busy' : 'idle';
}

/**
 * Puts down what this process, the primary, and its slots are now.
 * @param service - its name and version
 */
export function takeSnapshot(
  slots: Slot[],
  { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>,
  service: { name: string; version: string },
): Snapshot {
  const durations = new Histograms();
  const workers = slots.map(({ id, processes, spawns, harakiris, earlier }): WorkerSnapshot => {
    const serving = inState({ processes }, 'serving');
    const current = serving ?? inState({ processes }, 'starting') ?? [...processes].at(-1);
    const counts = [...processes].map((own) => own.counts).reduce(sum, earlier.counts);
    const pid = current?.worker.process.pid ?? 0;
    const vitals = current?.vitals ?? noVitals;
    const size = sizeOf(pid);
    const gc = new Histograms().add(earlier.gc.all());
    durations.add(earlier.durations.all());
    for (const own of processes) {
      durations.add(own.durations.all());
      gc.add(own.gc.all());
    }
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
      gc: gc.all(),
    };
  });
  return {
    at: Date.now(),
    ...service,
    nodeVersion: process.version,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cwd,
    socket: { name: `${HOST.includes(':') ? `[${HOST}]` : HOST}:${String(PORT)}`, ...queueOf(HOST, PORT) },
    workers,
    durations: durations.all(),
  };
}
