// What the primary and its workers say to each other.

import type { Histogram } from '../stats/histogram';
import type { Vitals } from './vitals';

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
    averageTime: 0,
  };
}

export type ToPrimary =
  /** With the histograms that have changed since the last message. */
  | { type: 'counts'; counts: Counts; durations: Histogram[] }
  /** The worker's event loop runs. */
  | { type: 'beat'; vitals: Vitals }
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
