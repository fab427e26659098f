// One slot per worker. Processes come and go; the slot's number and counts stay.
import { noCounts, type Counts } from '../stats/counts';
import { Histograms } from '../stats/histogram';
import { NO_METRICS, retain } from '../stats/service-metrics';
import type { WorkerHandle } from './handle';

export interface Slot {
  /** From 1. */
  id: number;
  /** All workers in it: at most one starting and one serving; earlier ones drain. */
  workers: Set<WorkerHandle>;
  /** Number of workers started in it. */
  spawns: number;
  /** Number of consecutive workers that died before they listened. */
  failures: number;
  /** No retry before this time, by performance.now(), in ms: the clock may be changed. */
  notBefore: number;
  /** Number of workers killed because their event loop was blocked. */
  harakiris: number;
  /** Counts of the workers that have ended. */
  earlier: { counts: Counts; durations: Histograms; gc: Histograms; serviceMetrics: string };
}

/** How long a slot backs off after a worker that did not come up, doubled at each consecutive failure, in ms. */
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

/** @returns the slot's worker in that state; at most one is starting, and at most one serving */
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

/** Removes an ended worker from its slot, and keeps its counts. */
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

/** Adds up the counts of two workers of a slot; the average is the later one's, if it has one. */
export function sum(earlier: Counts, later: Counts): Counts {
  const names = Object.keys(earlier) as (keyof Counts)[];
  const total = Object.fromEntries(names.map((name) => [name, earlier[name] + later[name]])) as unknown as Counts;
  return { ...total, averageTime: later.averageTime || earlier.averageTime };
}
