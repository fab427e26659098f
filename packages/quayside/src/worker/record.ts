// Counts a worker's requests, and reports them to the primary in batches.
import type { Outcome } from '../http/outcome';
import type { Observer } from '../http/server';
import { noCounts, type Counts } from '../stats/counts';
import { Histograms, type Histogram } from '../stats/histogram';

/** How long counts are collected before they are sent, in ms. */
const BATCH_MS = 100;

/** Any other method is counted as OTHER. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Classes of status by their first digit. Constants, because looking up a new string costs more. */
const CLASSES = Array.from({ length: 10 }, (_, digit) => `${String(digit)}xx`);

export interface Recorder extends Observer {
  /** Sends outstanding counts at once. */
  flush: (then: () => void) => void;
}

/**
 * Makes the recorder of one worker.
 * @param send - takes the counts since the worker's start, and the changed histograms of durations by method, route and
 *   class of status; called once per batch, and never if nothing has changed
 */
export function createRecorder(send: (counts: Counts, durations: Histogram[], then?: () => void) => void): Recorder {
  const counts = noCounts();
  const durations = new Histograms();
  let timer: NodeJS.Timeout | undefined;

  const changed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      send(counts, durations.takeChanged());
    }, BATCH_MS).unref();
  };

  return {
    onRequest: () => {
      counts.inFlight += 1;
      changed();
    },
    onEnd: ({ method, route, status, bytes, ms, cut }: Outcome) => {
      const micros = Math.round(ms * 1000);
      counts.inFlight -= 1;
      counts.requests += 1;
      counts.sent += bytes;
      counts.runningTime += micros;
      counts.averageTime = counts.requests === 1 ? micros : Math.round((counts.averageTime + micros) / 2);
      if (cut === 'request') counts.readErrors += 1;
      else if (cut === 'answer') counts.writeErrors += 1;
      durations.observe(
        [METHODS.has(method) ? method : 'OTHER', route, CLASSES[Math.floor(status / 100)] ?? 'xxx'],
        ms / 1000,
      );
      changed();
    },
    onTimeout: () => {
      counts.timeouts += 1;
      changed();
    },
    onException: () => {
      counts.exceptions += 1;
      changed();
    },
    onUnparsed: () => {
      counts.readErrors += 1;
      changed();
    },
    flush: (then) => {
      clearTimeout(timer);
      timer = undefined;
      send(counts, durations.takeChanged(), then);
    },
  };
}
