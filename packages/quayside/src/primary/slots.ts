// One slot for each worker. Processes come and go in it; its number and its counts stay.
import { noCounts, type Counts } from '../stats/counts';
import { Histograms } from '../stats/histogram';
import { NO_METRICS, retain } from '../stats/service-metrics';
import type { WorkerHandle } from './handle';

export interface Slot {
  /** From 1. */
  id: number;
  /** All workers in it: at most one starts, at most one serves, and those before it drain. */
  workers: Set<WorkerHandle>;
  /** How many workers were started in it. */
  spawns: number;
  /** How many in a row died before they listened. */
  failures: number;
  /** Until when no other is tried, as performance.now() says it, in ms: the clock may be set. */
  notBefore: number;
  /** How many were killed because their event loop was blocked. */
  harakiris: number;
  /** Counted by the workers that have ended. */
  earlier: { counts: Counts; durations: Histograms; gc: Histograms; serviceMetrics: string };
}

/** How long a slot waits for another try where a worker did not come to listen, doubled each time in a row, in ms. */
const BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 30_000;

/** Makes empty slots, numbered from 1. */
export function createSlots(count: number): Slot[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    workers: new Set<WorkerHandle>(),
    spawns: 0,
    failures: 0,
    notBefore: 0,
    harakiris: 0,
    earlier: { counts: noCounts(), durations: new Histograms(), gc: new Histograms(), serviceMetrics: NO_METRICS },
  }));
}

/** @returns the slot's worker in that state; there is at most one that starts and one that serves */
export function inState({ workers }: Pick<Slot, 'workers'>, state: WorkerHandle['state']): WorkerHandle | undefined {
  return [...workers].find((worker) => worker.state === state);
}

/** @returns the workers of all slots, whatever their state */
export function workersOf(slots: Slot[]): WorkerHandle[] {
  return slots.flatMap(({ workers }) => [...workers]);
}

/** Puts a new worker into a slot. */
export function occupy(slot: Slot, worker: WorkerHandle): void {
  slot.spawns += 1;
  slot.workers.add(worker);
}

/** Takes a worker that has ended out of its slot, and keeps its counts. */
export function vacate(slot: Slot, worker: WorkerHandle): void {
  slot.workers.delete(worker);
  const { earlier } = slot;
  earlier.counts = { ...sum(earlier.counts, worker.counts), inFlight: 0 };
  earlier.durations.add(worker.durations.all());
  earlier.gc.add(worker.gc.all());
  earlier.serviceMetrics = retain(earlier.serviceMetrics, worker.serviceMetrics);
  if (worker.state !== 'starting') return;
  slot.failures += 1;
  slot.notBefore = performance.now() + Math.min(BACK_OFF_MS * 2 ** (slot.failures - 1), MAX_BACK_OFF_MS);
}

/** Adds up what two workers of a slot have counted; an average is the later one's, where it has one. */
export function sum(earlier: Counts, later: Counts): Counts {
  const names = Object.keys(earlier) as (keyof Counts)[];
  const total = Object.fromEntries(names.map((name) => [name, earlier[name] + later[name]])) as unknown as Counts;
  return { ...total, averageTime: later.averageTime || earlier.averageTime };
}
