// What the workers print, on its way to the primary's own stdout and stderr: they write to pipes that never fill up.
import type { Readable } from 'node:stream';
import type { Outlet } from '../process/outlet';

/** What is longer is passed on in pieces, in bytes. */
const MAX_LINE = 64 * 1024;
const NEWLINE = Buffer.from('\n');

/** Passes on a stream by whole lines, so that those of several workers never mix. */
export function relay(stream: Readable, outlet: Outlet): void {
  let begun: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      outlet.write(Buffer.concat([begun, chunk.subarray(0, end)]));
      begun = chunk.subarray(end);
    } else begun = Buffer.concat([begun, chunk]);
    if (begun.length < MAX_LINE) return;
    outlet.write(begun);
    begun = Buffer.alloc(0);
  });
  // A worker may be killed in the middle of a line.
  stream.on('end', () => {
    if (begun.length > 0) outlet.write(Buffer.concat([begun, NEWLINE]));
  });
  stream.on('error', () => undefined);
}
