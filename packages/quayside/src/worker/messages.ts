// Messages between the primary and its workers.

import type { Counts, Vitals } from '../stats/counts';
import type { Histogram } from '../stats/histogram';

export type ToPrimary =
  /** With the histograms that have changed since the last message. */
  | { type: 'counts'; counts: Counts; durations: Histogram[] }
  /** The worker's event loop runs. */
  | { type: 'beat'; vitals: Vitals }
  /** The service's own metrics, if they have changed, as written by stats/service-metrics. */
  | { type: 'metrics'; metrics: string }
  /** Everything is answered, and the service's close() runs. */
  | { type: 'closing' }
  /** The worker could not start, and exits. exitCode is the server's if no worker can start. */
  | { type: 'unstarted'; reason: string; exitCode: number }
  /** The worker serves, but should be replaced. */
  | { type: 'failing'; reason: string };

export interface ToWorker {
  /** unready: /readyz returns 503, and nothing else changes. drain: accept no new connections, finish, and exit. */
  type: 'unready' | 'drain';
}

/** How often a worker reports that its event loop runs, in ms. */
export const BEAT_MS = 500;

/** The environment variable in which the primary tells a worker its slot. */
export const SLOT = 'WORKER_SLOT';
