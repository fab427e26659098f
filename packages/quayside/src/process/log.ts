// The log, by pino: one JSON line an event on stdout, or the same made readable in development.
import { isatty } from 'node:tty';
import { pino, stdSerializers, symbols, type Logger } from 'pino';
import type { Config } from '../settings/config';
import { hasColour } from './colour';
import { formatLine } from './line';
import { outletOf, type Outlet } from './outlet';

export type { Logger };

/**
 * From so much on, it is written together, in characters: with another line it is no more than one read of the primary's,
 * and than what a pipe holds, 64 KiB.
 */
const MAX_GATHERED = 60 * 1024;
/** How long lines are gathered before they are written together, in ms. */
const GATHER_MS = 10;
/** pino's numbers for levels. */
const INFO = 30;
const WARN = 40;
/** How wide a line is made where there is no terminal, in characters. */
const COLUMNS = 80;

let time = 0;
let timeText = '';

/** @returns the time as pino's own isoTime() writes it, made once a millisecond: it is much of what a line costs */
function isoTime(): string {
  const now = Date.now();
  if (now !== time) {
    time = now;
    timeText = `,"time":"${new Date(now).toISOString()}"`;
  }
  return timeText;
}

/** Where lines go: to stdout as it is, until createLog() says how. */
const stream = {
  // Has pino say what level a line has.
  [symbols.needsMetadataGsym]: true as const,
  lastLevel: 0,
  write: (line: string): void => {
    process.stdout.write(line);
  },
};

/**
 * The log of this process. There is one, so that whoever has imported it has what createLog() makes of it, in any order.
 * Where nothing does, as in a test of the service or a script, it is pino's JSON on stdout, from LOG_LEVEL on.
 */
export const log: Logger = pino(
  {
    level: levelOf(process.env),
    base: {},
    timestamp: isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Whatever else an error carries may be a client's: body-parser's has the body, an HTTP client's the headers.
    serializers: {
      err: (error: unknown) => {
        if (!isErrorLike(error)) return error;
        const { type, message, stack } = stdSerializers.err(error);
        return { type, message, stack };
      },
    },
    // A mixin is somebody else's, as OpenTelemetry's, which knows the span that a line belongs to. pino would put it last.
    mixinMergeStrategy: (line: object, mixed: object) => ({ ...line, ...mixed }),
  },
  stream,
);

/**
 * Sets up the log of this process, once. Lines of a warning or more are written at once, others together with those of
 * the next milliseconds, and none is lost when the process exits. Where stdout is not read, see Outlet.
 * @param config - its LOG_LEVEL is the least that is written
 * @param bindings - what every line carries, as the worker's slot
 */
export function createLog(config: Pick<Config, 'LOG_LEVEL' | 'mode'>, bindings: Record<string, unknown> = {}): Logger {
  const stdout = outletOf(1);
  stream.write = config.mode === 'development' ? readable(stdout, config.LOG_LEVEL) : batched(stdout);
  log.level = config.LOG_LEVEL;
  log.setBindings(bindings);
  stdout.onRoom = (dropped) => {
    log.warn({ dropped }, 'lines were dropped: nobody read them, or they could not be written');
  };
  return log;
}

/** Of pino's logger, what decides how a line is made and where it goes. */
interface Internals {
  [symbols.streamSym]: unknown;
  [symbols.mixinSym]?: unknown;
  /** What every line carries, as JSON. */
  [symbols.chindingsSym]: string;
}

/**
 * Writes the line that `logger.info(fields, message)` would write, for a fraction of what pino takes.
 * @param fields - as JSON, each with a comma before it
 * @param message - one that JSON needs no escapes for
 * @returns whether it has; not where somebody has changed how lines are made or where they go, as OpenTelemetry does
 */
export function writeInfo(logger: Logger, fields: string, message: string): boolean {
  const own = logger as Logger & Internals;
  if (own[symbols.streamSym] !== stream || own[symbols.mixinSym] !== undefined) return false;
  if (logger.levelVal <= INFO) {
    stream.lastLevel = INFO;
    stream.write(`{"level":"info"${isoTime()}${own[symbols.chindingsSym]}${fields},"msg":"${message}"}\n`);
  }
  return true;
}

/** @returns whether something is an error, also one of another realm; a service may log anything by that name */
function isErrorLike(error: unknown): error is Error {
  return typeof (error as { message?: unknown } | null)?.message === 'string';
}

/** @returns the least level to write: LOG_LEVEL where it is one, or else info */
function levelOf({ LOG_LEVEL: level = '' }: NodeJS.ProcessEnv): string {
  return level === 'silent' || Object.hasOwn(pino.levels.values, level) ? level : 'info';
}

/** @returns what writes the lines of a few milliseconds together */
function batched(stdout: Outlet): (line: string) => void {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let isExiting = false;
  // Used again each time: the outlet copies what it keeps. A character takes three bytes at most.
  const encoded = Buffer.allocUnsafeSlow(3 * (MAX_GATHERED + 4096));
  const flush = () => {
    if (3 * lines.length > encoded.length) stdout.write(Buffer.from(lines));
    else if (lines !== '') stdout.write(encoded.subarray(0, encoded.write(lines)));
    lines = '';
  };
  // Before the outlet itself sees to what is left.
  process.prependListener('exit', () => {
    isExiting = true;
    flush();
  });
  return (line) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, GATHER_MS).unref();
    lines += line;
    if (stream.lastLevel >= WARN || lines.length >= MAX_GATHERED || isExiting) flush();
  };
}

/** @returns what writes lines as people read them */
function readable(stdout: Outlet, level: Config['LOG_LEVEL']): (line: string) => void {
  // Opened where it has a width alone: as a stream, a pipe would be written to in another way.
  const terminal = isatty(1) ? process.stdout : undefined;
  const look = { hasColour: hasColour(), isDetailed: level === 'debug' || level === 'trace' };
  return (line) => {
    const { columns = 0 } = terminal ?? {};
    // A terminal that does not know its width says 0.
    stdout.write(Buffer.from(formatLine(line, { ...look, columns: columns > 0 ? columns : COLUMNS })));
  };
}
