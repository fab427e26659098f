// One slot for each worker. Processes come and go in it; its number and its counts stay.
import type { Worker } from 'node:cluster';
import type { Snapshot } from '../stats/snapshot';
import type { Counts } from './messages';

export interface Slot {
  /** From 1. */
  id: number;
  worker: Worker | undefined;
  listening: boolean;
  /** How many processes were started in it. */
  spawns: number;
  /** When the last was started, in ms since the epoch. */
  spawnedAt: number;
  /** How many in a row died before they listened. */
  failures: number;
  /** Requests answered by the processes before this one. */
  earlierRequests: number;
  /** What the process in it said last. */
  counts: Counts;
}

const nothing: Counts = { requests: 0, inFlight: 0 };

/** Makes empty slots, numbered from 1. */
export function createSlots(count: number): Slot[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    worker: undefined,
    listening: false,
    spawns: 0,
    spawnedAt: 0,
    failures: 0,
    earlierRequests: 0,
    counts: nothing,
  }));
}

/** Puts a new process into a slot. */
export function occupy(slot: Slot, worker: Worker): void {
  slot.worker = worker;
  slot.spawns += 1;
  slot.spawnedAt = Date.now();
}

/** Empties a slot whose process has ended. */
export function vacate(slot: Slot): void {
  slot.failures = slot.listening ? 0 : slot.failures + 1;
  slot.worker = undefined;
  slot.listening = false;
  slot.earlierRequests += slot.counts.requests;
  slot.counts = nothing;
}

/** Puts down what this process, the primary, and its slots are now. */
export function takeSnapshot(slots: Slot[]): Snapshot {
  return {
    version: process.version,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cwd: process.cwd(),
    workers: slots.map(({ id, worker, listening, spawns, spawnedAt, earlierRequests, counts }) => ({
      id,
      pid: worker?.process.pid ?? 0,
      accepting: listening,
      requests: earlierRequests + counts.requests,
      deltaRequests: counts.requests,
      inFlight: counts.inFlight,
      spawns,
      spawnedAt,
    })),
  };
}
