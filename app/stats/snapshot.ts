// What the primary knows at one moment. Every format on the stats port is a pure function of it.

export interface WorkerSnapshot {
  /** Slot, from 1; it stays the same when the process in it is replaced. */
  id: number;
  pid: number;
  /** Whether the worker takes connections. */
  accepting: boolean;
  /** Requests answered in this slot since the primary started. */
  requests: number;
  /** Requests answered by the process that serves now. */
  deltaRequests: number;
  inFlight: number;
  /** Requests that the service did not begin to answer in time. */
  timeouts: number;
  /** Processes that were killed because their event loop was blocked. */
  harakiris: number;
  /** How often a process was started in this slot; 1 at first. */
  spawns: number;
  /** When the process that serves now was started, in ms since the epoch; 0 where there is none. */
  spawnedAt: number;
}

export interface Snapshot {
  version: string;
  pid: number;
  uid: number;
  gid: number;
  cwd: string;
  workers: WorkerSnapshot[];
}
