// What a worker counts and how it is: what the primary is told, and adds up over processes.
import type { Histogram } from './histogram';

/** What adds up over the processes of a slot. */
export interface Totals {
  /** Requests answered by the service. */
  requests: number;
  /** Of the answered, those that took the service too long. */
  timeouts: number;
  /** Errors that the service did not handle. */
  exceptions: number;
  /** Requests that were broken, or whose client left before they were whole. */
  readErrors: number;
  /** Answers that were not sent whole. */
  writeErrors: number;
  /** Bytes of answers, headers and body. */
  sent: number;
  /** Time from the headers of the requests to the end of their answers, in microseconds. */
  runningTime: number;
  /** Lines that its stdout and stderr did not take. */
  dropped: number;
}

/** A worker's counts since it started. */
export interface Counts extends Totals {
  /** Requests in flight now. */
  inFlight: number;
  /** Of the time of an answer, in microseconds: each counts as much as all before it. */
  averageTime: number;
}

/** Counts of which none has been counted. */
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

/** How a worker's process is. */
export interface Vitals {
  /** In bytes, each. */
  rss: number;
  heapUsed: number;
  heapTotal: number;
  external: number;
  /** How late the event loop was within the last half minute, in ms. */
  lag: { mean: number; p99: number; max: number };
  /** Garbage collections by kind since the process started, as far as they have changed. */
  gc: Histogram[];
}

/** Of a process that has said nothing yet. */
export const noVitals: Vitals = {
  rss: 0,
  heapUsed: 0,
  heapTotal: 0,
  external: 0,
  lag: { mean: 0, p99: 0, max: 0 },
  gc: [],
};
