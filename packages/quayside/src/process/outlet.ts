// Writes to this process's stdout and stderr without ever waiting for a reader.
import { constants, openSync, writeSync } from 'node:fs';
import { statOf } from './descriptor';

/** Size of the buffer for output that could not be written yet, in bytes; the rest is dropped. */
const MAX_HELD = 2 ** 24;
/** Above this, in bytes, writers that can wait are asked to, as long as the reader makes progress. */
const MAX_QUEUED = 2 ** 20;
/** How long without progress until nobody waits for the reader any more, in ms. */
const STALL_MS = 1000;
/** Size of the buffer's pieces. */
const PIECE_BYTES = 2 ** 16;
/** Delay of the first and of the last retries, in ms, doubled each time in between. */
const MIN_RETRY_MS = 1;
const MAX_RETRY_MS = 100;
/** At exit, how long a reader may pause, and how long it may take in total, in ms. */
const EXIT_STALL_MS = 500;
const EXIT_MS = 1500;
const EXIT_RETRY_MS = 5;

const NEWLINE = 0x0a;

/** A piece of the buffer: the bytes from start to end are still to be written. */
interface Piece {
  bytes: Buffer;
  start: number;
  end: number;
}

/** One file descriptor. What it does not take at once is buffered up to a limit; the rest is dropped and counted. */
export class Outlet {
  /** Number of dropped lines; a piece of an overlong line counts as one. */
  dropped = 0;
  /** Called when there is room again after lines were dropped, with their number. */
  onRoom: (dropped: number) => void = () => undefined;
  private readonly held: Piece[] = [];
  private heldBytes = 0;
  /** The part of `dropped` that onRoom() has been told. */
  private told = 0;
  private waiting: (() => void)[] = [];
  /** When a byte was last taken, by performance.now(), in ms. */
  private movedAt = 0;
  private delay = MIN_RETRY_MS;
  private retry: NodeJS.Timeout | undefined;
  /** When the process began to exit, by performance.now(), in ms. */
  private exitAt: number | undefined;

  /** @param fd - must not block; it stays open */
  constructor(private readonly fd: number) {
    process.on('exit', () => {
      this.finish();
    });
  }

  /** Writes whole lines, now or later. Never throws, and waits only at exit. */
  write(lines: Buffer): void {
    const written = this.heldBytes === 0 ? this.tryToWrite(lines) : 0;
    if (written === lines.length) return;
    // A partly written batch must be completed.
    if (written === 0 && this.heldBytes + lines.length > MAX_HELD) this.dropped += Math.max(1, countLines(lines));
    else this.hold(lines.subarray(written));
    if (this.exitAt !== undefined) this.finish();
    else this.retry ??= this.comeBack();
  }

  /** @returns whether it is being read, but more slowly than written */
  isBehind(): boolean {
    return this.heldBytes > MAX_QUEUED && !this.isStalled();
  }

  /** Calls back once when it is no longer behind: there is room again, or nobody reads. */
  onceReady(then: () => void): void {
    this.waiting.push(then);
  }

  private isStalled(): boolean {
    return performance.now() - this.movedAt > STALL_MS;
  }

  private hold(lines: Buffer): void {
    for (let done = 0; done < lines.length;) {
      let last = this.held.at(-1);
      if (last === undefined || last.end === PIECE_BYTES) {
        last = { bytes: Buffer.allocUnsafeSlow(PIECE_BYTES), start: 0, end: 0 };
        this.held.push(last);
      }
      const copied = lines.copy(last.bytes, last.end, done);
      last.end += copied;
      done += copied;
    }
    this.heldBytes += lines.length;
  }

  private comeBack(): NodeJS.Timeout {
    return setTimeout(() => {
      const hasMoved = this.writeHeld();
      this.delay = hasMoved ? MIN_RETRY_MS : Math.min(2 * this.delay, MAX_RETRY_MS);
      this.retry = this.heldBytes > 0 ? this.comeBack() : undefined;
      if (!this.isBehind()) for (const then of this.waiting.splice(0)) then();
      if (this.told === this.dropped || this.heldBytes > MAX_HELD / 2) return;
      const untold = this.dropped - this.told;
      this.told = this.dropped;
      this.onRoom(untold);
    }, this.delay).unref();
  }

  /** Writes as much of the buffer as possible. @returns whether anything was written */
  private writeHeld(): boolean {
    const before = this.heldBytes;
    for (let [piece] = this.held; piece !== undefined; [piece] = this.held) {
      const written = this.tryToWrite(piece.bytes.subarray(piece.start, piece.end));
      piece.start += written;
      this.heldBytes -= written;
      if (piece.start < piece.end) break;
      this.held.shift();
    }
    return this.heldBytes < before;
  }

  /** @returns the number of bytes taken: 0 if nobody reads, or if it cannot be written to at all, such as on a full disk */
  private tryToWrite(bytes: Buffer): number {
    try {
      const written = writeSync(this.fd, bytes);
      this.movedAt = performance.now();
      return written;
    } catch {
      return 0;
    }
  }

  /** At exit, writes what is left, as long as somebody reads it. */
  private finish(): void {
    this.exitAt ??= performance.now();
    while (this.heldBytes > 0) {
      if (this.writeHeld()) continue;
      const now = performance.now();
      if (now - Math.max(this.movedAt, this.exitAt) > EXIT_STALL_MS || now - this.exitAt > EXIT_MS) return;
      // Blocking is fine: the process has nothing else to do.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_RETRY_MS);
    }
  }
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(NEWLINE); at !== -1; at = lines.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

const outlets = new Map<1 | 2, Outlet>();

/** @returns how many lines of this process's output were dropped */
export function droppedLines(): number {
  return [...new Set(outlets.values())].reduce((total, { dropped }) => total + dropped, 0);
}

/** @returns the outlet of this process's stdout or stderr; they share one if both are the same pipe, terminal or file */
export function outletOf(fd: 1 | 2): Outlet {
  let outlet = outlets.get(fd);
  if (outlet === undefined) {
    outlet = fd === 2 && isSame(1, 2) ? outletOf(1) : new Outlet(unblocked(fd));
    outlets.set(fd, outlet);
  }
  return outlet;
}

function isSame(one: number, other: number): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * @returns a non-blocking descriptor for the same target. O_NONBLOCK belongs to the open file description, which other
 *   processes, such as a shell, may share; so the target is reopened if possible
 */
function unblocked(fd: 1 | 2): number {
  // A file has no reader to wait for, and if reopened it would be written from its beginning.
  if (statOf(fd).isFile()) return fd;
  try {
    return openSync(`/proc/self/fd/${String(fd)}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // A socket, or another user's pipe. Node makes the target of console.log() non-blocking at first use.
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on('error', () => undefined);
    // Ending the stream would shut down the socket for all other writers, including the log.
    stream._final = (then) => {
      then();
    };
    return fd;
  }
}
