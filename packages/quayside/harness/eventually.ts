// Waiting for a state that no event tells of.
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until the answer is one to go on with.
 * @param ask - returns undefined or throws while the state is not reached
 * @param within - after how many ms to give up, with the last error
 */
export async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined, within = 90_000): Promise<T> {
  const deadline = Date.now() + within;
  let last: unknown = new Error('not yet');
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await pause(20);
  }
  throw new Error(`not within ${String(within)} ms: ${String(last)}`, { cause: last });
}
