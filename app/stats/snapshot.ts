// What the primary knows at one moment. Every format on the stats port is a pure function of it.

export interface WorkerSnapshot {
  /** Slot, from 1; it stays the same when the process in it is replaced. */
  id: number;
  pid: number;
  /** Whether the worker takes connections. */
  accepting: boolean;
  /** Requests answered in this slot since the primary started. */
  requests: number;
  /** Requests answered by the process that is in the slot now. */
  deltaRequests: number;
  inFlight: number;
  /** How often a process was started in this slot; 1 at first. */
  spawns: number;
  /** When the process that is in the slot now was started, in ms since the epoch. */
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
