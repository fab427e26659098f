// A worker's counts of its requests, told to the primary in batches.
import type { ServerResponse } from 'node:http';
import type { Counts } from '../server/messages';

/** How long counts are gathered before they are sent, in ms. */
const BATCH_MS = 100;

export interface Recorder {
  /** Counts a request from now until its response is closed. */
  add: (res: ServerResponse) => void;
  /** Counts a request that takes the service too long. */
  addTimeout: () => void;
  /** Sends what has not been sent yet, at once. */
  flush: (then: () => void) => void;
}

/**
 * Makes the recorder of one worker.
 * @param send - takes the counts since the worker's start; called once a batch, and never where nothing has changed
 */
export function createRecorder(send: (counts: Counts, then?: () => void) => void): Recorder {
  const counts: Counts = { requests: 0, inFlight: 0, timeouts: 0 };
  let timer: NodeJS.Timeout | undefined;

  const changed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      send(counts);
    }, BATCH_MS).unref();
  };

  return {
    add: (res) => {
      counts.inFlight += 1;
      changed();
      res.once('close', () => {
        counts.inFlight -= 1;
        counts.requests += 1;
        changed();
      });
    },
    addTimeout: () => {
      counts.timeouts += 1;
      changed();
    },
    flush: (then) => {
      clearTimeout(timer);
      send(counts, then);
    },
  };
}
