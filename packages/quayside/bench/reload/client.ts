// The client that waits for an answer, as whoever saves a file and loads the page again does.
import { setTimeout as pause } from 'node:timers/promises';
import { fetch, type Answer } from '../../harness/fetch';
import type { Server } from './servers';

/** Between an answer and the next request, in ms. */
const ASK_MS = 10;
/** How long the awaited answer may take to come, in ms. */
const PATIENCE_MS = 60_000;

/**
 * Asks again and again, each time on a new connection.
 * @param isAwaited - whether an answer is the one to wait for
 * @returns how many requests were refused before
 */
export async function untilAnswer({ port, output }: Server, isAwaited: (answer: Answer) => boolean): Promise<number> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let refused = 0;
  for (;;) {
    const answer = await fetch(port, '/', { signal }).catch(() => undefined);
    if (answer === undefined) refused += 1;
    else if (isAwaited(answer)) return refused;
    if (signal.aborted) throw new Error(`no answer within ${String(PATIENCE_MS)} ms:\n${output()}`);
    await pause(ASK_MS);
  }
}

/** Waits until the service itself answers. */
export async function untilServed(server: Server): Promise<void> {
  await untilAnswer(server, ({ status }) => status === 200);
}
