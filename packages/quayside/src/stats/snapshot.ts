// The primary's knowledge at one moment. Every format on the stats port is a pure function of it.
import type { Counts, Vitals } from './counts';
import type { Histogram } from './histogram';

export interface WorkerSnapshot {
  /** Slot, from 1; it stays the same when the process in it is replaced. */
  id: number;
  /** 0 if there is no process. */
  pid: number;
  /** cheap: there is no process. blocked: its event loop has not run for a second or more. */
  status: 'idle' | 'busy' | 'cheap' | 'blocked';
  /** Whether it accepts connections. */
  accepting: boolean;
  /** Counts of this slot since the primary started. */
  counts: Counts;
  /** Requests answered by the current process. */
  deltaRequests: number;
  /** Processes killed because their event loop was blocked. */
  harakiris: number;
  /** Number of processes started in this slot; 1 at first. */
  spawns: number;
  /** Start time of the current process, in ms since the epoch; 0 if there is none. */
  spawnedAt: number;
  /** How long it took until it listened, in ms. */
  startupMs: number;
  /** Resident and virtual size, in bytes; 0 if unknown. */
  rss: number;
  vsz: number;
  vitals: Vitals;
  /** Garbage collections by kind since the primary started. */
  gc: Histogram[];
}

export interface Snapshot {
  /** When it was taken, in ms since the epoch. */
  at: number;
  /** Uptime of the primary, in ms. Use it for the time between two snapshots, because the clock may be changed. */
  uptime: number;
  /** The service's, from package.json. */
  name: string;
  version: string;
  /** Of Node.js. */
  nodeVersion: string;
  pid: number;
  uid: number;
  gid: number;
  cwd: string;
  /** The workers' listening socket, with the number of connections waiting to be accepted, and their maximum. */
  socket: { name: string; queue: number; maxQueue: number };
  workers: WorkerSnapshot[];
  /** Dropped lines of this process's stdout and stderr, including the workers' lines. */
  dropped: number;
  /** Durations of requests by method, route and status class, of all workers since the primary started. */
  durations: Histogram[];
  /** The service's own metrics as reported, for each process and for ended ones: see service-metrics. */
  serviceMetrics: string[];
}
