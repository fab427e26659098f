// What the primary knows at one moment. Every format on the stats port is a pure function of it.
import type { Counts, Vitals } from './counts';
import type { Histogram } from './histogram';

export interface WorkerSnapshot {
  /** Slot, from 1; it stays the same when the process in it is replaced. */
  id: number;
  /** 0 where there is no process. */
  pid: number;
  /** cheap: there is no process. blocked: its event loop has not run for a second or more. */
  status: 'idle' | 'busy' | 'cheap' | 'blocked';
  /** Whether it takes connections. */
  accepting: boolean;
  /** What was counted in this slot since the primary started. */
  counts: Counts;
  /** Requests answered by the process that serves now. */
  deltaRequests: number;
  /** Processes that were killed because their event loop was blocked. */
  harakiris: number;
  /** How often a process was started in this slot; 1 at first. */
  spawns: number;
  /** When the process that serves now was started, in ms since the epoch; 0 where there is none. */
  spawnedAt: number;
  /** How long it took until it listened, in ms. */
  startupMs: number;
  /** Resident and virtual size, in bytes; 0 where it cannot be known. */
  rss: number;
  vsz: number;
  vitals: Vitals;
  /** Garbage collections by kind since the primary started. */
  gc: Histogram[];
}

export interface Snapshot {
  /** When it was taken, in ms since the epoch. */
  at: number;
  /** How long the primary had run, in ms. The time between two snapshots is told by this: the clock may be set. */
  uptime: number;
  /** The service's own, from package.json. */
  name: string;
  version: string;
  /** Of Node.js. */
  nodeVersion: string;
  pid: number;
  uid: number;
  gid: number;
  cwd: string;
  /** What the workers listen on; how many connections wait there to be accepted, and how many may. */
  socket: { name: string; queue: number; maxQueue: number };
  workers: WorkerSnapshot[];
  /** Lines that this process's stdout and stderr did not take, those of the workers among them. */
  dropped: number;
  /** Durations of requests by method, route and class of status, of all workers since the primary started. */
  durations: Histogram[];
  /** The service's own metrics, by process and for those that have ended, as they were reported: see service-metrics. */
  serviceMetrics: string[];
}
