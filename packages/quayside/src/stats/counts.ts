// A worker's counts and state, as reported to the primary, which adds up the counts over processes.
import type { Histogram } from './histogram';

/** Counts that add up over the processes of a slot. */
export interface Totals {
  /** Requests answered by the service. */
  requests: number;
  /** Answered requests that took the service too long. */
  timeouts: number;
  /** Errors that the service did not handle. */
  exceptions: number;
  /** Malformed requests, and those whose client left before they were complete. */
  readErrors: number;
  /** Responses that were not sent completely. */
  writeErrors: number;
  /** Bytes of responses, headers and body. */
  sent: number;
  /** Total time from the requests' headers to the end of their responses, in microseconds. */
  runningTime: number;
  /** Dropped lines of its stdout and stderr. */
  dropped: number;
}

/** A worker's counts since it started. */
export interface Counts extends Totals {
  /** Requests in flight now. */
  inFlight: number;
  /** Average response time, in microseconds: each response counts as much as all before it. */
  averageTime: number;
}

/** @returns counts of zero */
export function noCounts(): Counts {
  return {
    requests: 0,
    inFlight: 0,
    timeouts: 0,
    exceptions: 0,
    readErrors: 0,
    writeErrors: 0,
    sent: 0,
    runningTime: 0,
    dropped: 0,
    averageTime: 0,
  };
}

/** The state of a worker's process. */
export interface Vitals {
  /** In bytes, each. */
  rss: number;
  heapUsed: number;
  heapTotal: number;
  external: number;
  /** The event loop's lag over the last half minute, in ms. */
  lag: { mean: number; p99: number; max: number };
  /** Garbage collections by kind since the process started, as far as they have changed. */
  gc: Histogram[];
}

/** For a process that has not reported yet. */
export const noVitals: Vitals = {
  rss: 0,
  heapUsed: 0,
  heapTotal: 0,
  external: 0,
  lag: { mean: 0, p99: 0, max: 0 },
  gc: [],
};
