// What this process writes to stdout and stderr, without ever waiting for whoever reads it.
import { constants, openSync, writeSync } from 'node:fs';
import { statOf } from './descriptor';

/** How much is kept of what could not be written yet, in bytes; what comes on top of it is dropped. */
const MAX_HELD = 2 ** 24;
/** From so much on, in bytes, whoever can wait for room is asked to, as long as something is taken now and then. */
const MAX_QUEUED = 2 ** 20;
/** After so long without a byte taken, in ms, nobody waits for it any more. */
const STALL_MS = 1000;
/** It is kept in pieces of so many bytes. */
const PIECE_BYTES = 2 ** 16;
/** How long until the next try, in ms: from the first to the last, doubled each time. */
const MIN_RETRY_MS = 1;
const MAX_RETRY_MS = 100;
/** At the exit, a reader may pause for so long, and take so long for all, in ms. */
const EXIT_STALL_MS = 500;
const EXIT_MS = 1500;
const EXIT_RETRY_MS = 5;

const NEWLINE = 0x0a;

/** A part of what is held: the bytes from start to end are still to be written. */
interface Piece {
  bytes: Buffer;
  start: number;
  end: number;
}

/** One file descriptor. What it does not take at once is kept for later, up to a bound, and dropped and counted above. */
export class Outlet {
  /** How many lines were dropped; a piece of one that is too long counts as one. */
  dropped = 0;
  /** Called when there is room again after lines were dropped, with their number. */
  onRoom: (dropped: number) => void = () => undefined;
  private readonly held: Piece[] = [];
  private heldBytes = 0;
  /** Of `dropped`, what onRoom() has been told. */
  private told = 0;
  private waiting: (() => void)[] = [];
  /** When a byte was last taken, as performance.now() says it, in ms. */
  private movedAt = 0;
  private delay = MIN_RETRY_MS;
  private retry: NodeJS.Timeout | undefined;
  /** When the process began to exit, as performance.now() says it, in ms. */
  private exitAt: number | undefined;

  /** @param fd - one that does not block; it stays open */
  constructor(private readonly fd: number) {
    process.on('exit', () => {
      this.finish();
    });
  }

  /** Writes whole lines, now or later. Never throws, and never waits but at the exit. */
  write(lines: Buffer): void {
    const written = this.heldBytes === 0 ? this.tryToWrite(lines) : 0;
    if (written === lines.length) return;
    // Of what has been begun, the rest has to follow.
    if (written === 0 && this.heldBytes + lines.length > MAX_HELD) this.dropped += Math.max(1, countLines(lines));
    else this.hold(lines.subarray(written));
    if (this.exitAt !== undefined) this.finish();
    else this.retry ??= this.comeBack();
  }

  /** @returns whether it is read more slowly than it is written to, but read */
  isBehind(): boolean {
    return this.heldBytes > MAX_QUEUED && !this.isStalled();
  }

  /** Calls back, once, when it is not behind any more: there is room again, or nobody reads. */
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

  /** Writes of what is held as much as is taken. @returns whether that was anything */
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

  /** @returns how many bytes were taken: none where nobody reads, or where it cannot be written to at all, as on a full disk */
  private tryToWrite(bytes: Buffer): number {
    try {
      const written = writeSync(this.fd, bytes);
      this.movedAt = performance.now();
      return written;
    } catch {
      return 0;
    }
  }

  /** Writes what is left when the process exits, as long as somebody reads it. */
  private finish(): void {
    this.exitAt ??= performance.now();
    while (this.heldBytes > 0) {
      if (this.writeHeld()) continue;
      const now = performance.now();
      if (now - Math.max(this.movedAt, this.exitAt) > EXIT_STALL_MS || now - this.exitAt > EXIT_MS) return;
      // Nothing else is left for this process to do meanwhile.
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

/** @returns how many lines this process has printed and dropped */
export function droppedLines(): number {
  return [...new Set(outlets.values())].reduce((total, { dropped }) => total + dropped, 0);
}

/** @returns the outlet of this process's stdout or stderr; they have one together where both are the same pipe, terminal or file */
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
 * Makes a descriptor to the same end that does not block. Whether one blocks is a property of what was opened, which
 * this process shares with whoever else was given it, as a shell; so it is opened anew where it can be.
 */
function unblocked(fd: 1 | 2): number {
  // A file never has a reader to wait for, and opened anew it would be written from its beginning.
  if (statOf(fd).isFile()) return fd;
  try {
    return openSync(`/proc/self/fd/${String(fd)}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // A socket, or another user's pipe. Node has what console.log() writes to not block, from its first use on.
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on('error', () => undefined);
    // To end it would shut the socket down under whoever else writes to it, the log among them.
    stream._final = (then) => {
      then();
    };
    return fd;
  }
}
