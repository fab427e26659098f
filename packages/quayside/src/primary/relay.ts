// Relays a worker's output to the primary's own stdout and stderr.
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { outletOf, type Outlet } from '../process/outlet';
import { countRead } from './garbage';

/** Longer lines are passed on in pieces, in bytes. */
const MAX_LINE = 64 * 1024;
const NEWLINE = Buffer.from('\n');

/** Passes on a process's output in whole lines up to MAX_LINE, so lines of several processes never mix. */
export function relay(child: ChildProcess): void {
  /** An exited process leaves little in its pipes, which is read at once. */
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  // A process that could not be forked has no streams.
  if (child.stdout) pass(child.stdout, outletOf(1), hasEnded);
  if (child.stderr) pass(child.stderr, outletOf(2), hasEnded);
}

function pass(stream: Readable, outlet: Outlet, hasEnded: () => boolean): void {
  let begun: Buffer = Buffer.alloc(0);
  const write = (lines: Buffer) => {
    outlet.write(lines);
    if (hasEnded() || !outlet.isBehind()) return;
    // Meanwhile the worker buffers its output, like any process whose stdout is read slowly.
    stream.pause();
    outlet.onceReady(() => stream.resume());
  };
  stream.on('data', (chunk: Buffer) => {
    countRead(chunk.length);
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const lines = chunk.subarray(0, end);
      write(begun.length > 0 ? Buffer.concat([begun, lines]) : lines);
      begun = chunk.subarray(end);
    } else begun = Buffer.concat([begun, chunk]);
    if (begun.length < MAX_LINE) return;
    write(begun);
    begun = Buffer.alloc(0);
  });
  // A worker may be killed in the middle of a line.
  stream.on('end', () => {
    if (begun.length > 0) outlet.write(Buffer.concat([begun, NEWLINE]));
  });
  stream.on('error', () => undefined);
}
