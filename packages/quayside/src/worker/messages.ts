// What the primary and its workers say to each other.

import type { Counts, Vitals } from '../stats/counts';
import type { Histogram } from '../stats/histogram';

export type ToPrimary =
  /** With the histograms that have changed since the last message. */
  | { type: 'counts'; counts: Counts; durations: Histogram[] }
  /** The worker's event loop runs. */
  | { type: 'beat'; vitals: Vitals }
  /** The service's own metrics, where they have changed, as stats/service-metrics writes them. */
  | { type: 'metrics'; metrics: string }
  /** All is answered, and the service closes what it has opened. */
  | { type: 'closing' }
  /** The worker could not start, and ends. exitCode is the server's where none can start. */
  | { type: 'unstarted'; reason: string; exitCode: number }
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
