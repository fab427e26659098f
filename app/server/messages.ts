// What the primary and its workers say to each other.

/** A worker's counts since it started. */
export interface Counts {
  /** Requests answered by the service. */
  requests: number;
  /** Requests in flight now. */
  inFlight: number;
}

export type ToPrimary =
  | ({ type: 'counts' } & Counts)
  /** The worker could not start, and ends. */
  | { type: 'failed'; reason: string };

export interface ToWorker {
  type: 'drain';
}

/** The environment variable in which the primary tells a worker its slot. */
export const SLOT = 'WORKER_SLOT';
