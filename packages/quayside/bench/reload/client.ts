// A client that waits for a response, like somebody who saves a file and reloads the page.
import { setTimeout as pause } from 'node:timers/promises';
import { fetch, type Answer } from '../../harness/fetch';
import type { Server } from './servers';

/** Pause between a response and the next request, in ms. */
const ASK_MS = 10;
/** How long the awaited response may take, in ms. */
const PATIENCE_MS = 60_000;

/**
 * Polls, each time on a new connection.
 * @param isAwaited - whether a response is the awaited one
 * @returns how many requests were refused before that
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
