// One slot for each worker. Processes come and go in it; its number and its counts stay.
import type { Snapshot } from '../stats/snapshot';
import type { Counts } from './messages';
import type { Process } from './process';

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
  earlier: Pick<Counts, 'requests' | 'timeouts'>;
}

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
    earlier: { requests: 0, timeouts: 0 },
  }));
}

/** @returns the slot's process in that state; there is at most one that starts and one that serves */
export function inState(slot: Slot, state: Process['state']): Process | undefined {
  return [...slot.processes].find((process) => process.state === state);
}

/** Puts a new process into a slot. */
export function occupy(slot: Slot, own: Process): void {
  slot.spawns += 1;
  slot.processes.add(own);
}

/** Takes a process that has ended out of its slot, and keeps its counts. */
export function vacate(slot: Slot, own: Process): void {
  slot.processes.delete(own);
  slot.earlier.requests += own.counts.requests;
  slot.earlier.timeouts += own.counts.timeouts;
  if (own.state !== 'starting') return;
  slot.failures += 1;
  slot.notBefore = Date.now() + Math.min(BACK_OFF_MS * 2 ** (slot.failures - 1), MOST_BACK_OFF_MS);
}

/** Puts down what this process, the primary, and its slots are now. */
export function takeSnapshot(slots: Slot[]): Snapshot {
  return {
    version: process.version,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cwd: process.cwd(),
    workers: slots.map((slot) => {
      const { id, processes, spawns, harakiris, earlier } = slot;
      const serving = inState(slot, 'serving');
      const current = serving ?? inState(slot, 'starting');
      const sum = (name: keyof Counts) => [...processes].reduce((total, { counts }) => total + counts[name], 0);
      return {
        id,
        pid: current?.worker.process.pid ?? 0,
        accepting: serving !== undefined,
        requests: earlier.requests + sum('requests'),
        deltaRequests: current?.counts.requests ?? 0,
        inFlight: sum('inFlight'),
        timeouts: earlier.timeouts + sum('timeouts'),
        harakiris,
        spawns,
        spawnedAt: current?.spawnedAt ?? 0,
      };
    }),
  };
}
