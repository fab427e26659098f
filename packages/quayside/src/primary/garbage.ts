// What the pipes of the workers were read into, given back before it is much.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much is read between two collections, in bytes. */
const MAX_GARBAGE = 4 * 2 ** 20;

/** V8's gc(), where there is one. */
type Collect = ((options: { type: 'minor' }) => void) | undefined;

let collect: Collect;
let bytes = 0;

/**
 * Counts what was read from a pipe, and collects the buffers now and then. Node.js reads into a new one each time, and V8
 * would leave some 60 MB of them, as the primary makes nearly nothing else. A collection takes 0.1 ms.
 * @param length - of the buffer that was read, in bytes
 */
export function countRead(length: number): void {
  bytes += length;
  if (bytes < MAX_GARBAGE) return;
  bytes = 0;
  collect ??= exposed();
  collect?.({ type: 'minor' });
}

/** @returns gc(), which V8 has in contexts that are made after the flag was set */
function exposed(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('globalThis.gc') as Collect;
}
