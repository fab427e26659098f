// What the primary and its workers say to each other.

/** A worker's counts since it started. */
export interface Counts {
  /** Requests answered by the service. */
  requests: number;
  /** Requests in flight now. */
  inFlight: number;
  /** Of the answered, those that took the service too long. */
  timeouts: number;
}

export type ToPrimary =
  | ({ type: 'counts' } & Counts)
  /** The worker's event loop runs. */
  | { type: 'beat'; rss: number }
  /** The worker could not start, and ends. */
  | { type: 'unstarted'; reason: string }
  /** The worker serves, but should be replaced. */
  | { type: 'failing'; reason: string };

export interface ToWorker {
  /** unready: /readyz says 503, and nothing else changes. drain: take no new connection, finish, and end. */
  type: 'unready' | 'drain';
}

/** How often a worker says that its event loop runs, in ms. */
export const BEAT_MS = 500;

/** The environment variable in which the primary tells a worker its slot. */
export const SLOT = 'WORKER_SLOT';
