// Frees the buffers into which the workers' pipes are read, before they add up.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much is read between two garbage collections, in bytes. */
const MAX_GARBAGE = 4 * 2 ** 20;

/** V8's gc(), if available. */
type Collect = ((options: { type: 'minor' }) => void) | undefined;

let collect: Collect;
let bytes = 0;

/**
 * Counts what was read from a pipe, and collects the buffers now and then. Node.js reads into a new buffer each time, and
 * V8 would let some 60 MB of them add up, because the primary allocates hardly anything else. A collection takes 0.1 ms.
 * @param length - of the buffer that was read, in bytes
 */
export function countRead(length: number): void {
  bytes += length;
  if (bytes < MAX_GARBAGE) return;
  bytes = 0;
  collect ??= exposed();
  collect?.({ type: 'minor' });
}

/** @returns gc(), which V8 exposes in contexts created after the flag is set */
function exposed(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('globalThis.gc') as Collect;
}
