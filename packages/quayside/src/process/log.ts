// The log, by pino: one JSON line per event on stdout, or human-readable lines in development.
import { isatty } from 'node:tty';
import { pino, stdSerializers, symbols, type Logger } from 'pino';
import type { Config } from '../settings/config';
import { hasColour } from './colour';
import { formatLine } from './line';
import { outletOf, type Outlet } from './outlet';

export type { Logger };

/**
 * A batch of this many bytes is written at once. With one more line it still fits into one read by the primary, and
 * into a pipe (64 KiB).
 */
const MAX_GATHERED = 60 * 1024;
/** How long lines are collected into a batch, in ms. */
const GATHER_MS = 10;
/** pino's numbers for levels. */
const INFO = 30;
const WARN = 40;
/** Line width without a terminal, in characters. */
const COLUMNS = 80;

let time = 0;
let timeText = '';

/** @returns the time as pino's isoTime() writes it, formatted once per millisecond because it is much of a line's cost */
function isoTime(): string {
  const now = Date.now();
  if (now !== time) {
    time = now;
    timeText = `,"time":"${new Date(now).toISOString()}"`;
  }
  return timeText;
}

/** Where lines go: straight to stdout, until createLog() sets it up. */
const stream = {
  // Makes pino set lastLevel.
  [symbols.needsMetadataGsym]: true as const,
  lastLevel: 0,
  write: (line: string): void => {
    process.stdout.write(line);
  },
};

/**
 * The log of this process. There is only one, so createLog() also sets it up for modules that imported it earlier. Without
 * createLog(), as in a service's test or a script, it writes pino's JSON to stdout at LOG_LEVEL.
 */
export const log: Logger = pino(
  {
    level: levelOf(process.env),
    base: {},
    timestamp: isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Other properties of an error may hold client data: body-parser's has the body, an HTTP client's the headers.
    serializers: {
      err: (error: unknown) => {
        if (!isErrorLike(error)) return error;
        const { type, message, stack } = stdSerializers.err(error);
        return { type, message, stack };
      },
    },
    // A mixin, such as OpenTelemetry's, knows the span of a line and takes precedence. By default, pino prefers the line.
    mixinMergeStrategy: (line: object, mixed: object) => ({ ...line, ...mixed }),
  },
  stream,
);

/**
 * Sets up the log of this process, once. Warnings and above are written at once, other lines in batches, and none is lost
 * when the process exits. For a stdout that nobody reads, see Outlet.
 * @param config - its LOG_LEVEL is the lowest level that is written
 * @param bindings - fields of every line, such as the worker's slot
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

/** Internals of pino's logger that decide a line's format and destination. */
interface Internals {
  [symbols.streamSym]: unknown;
  [symbols.mixinSym]?: unknown;
  /** Fields of every line, as JSON. */
  [symbols.chindingsSym]: string;
}

/**
 * Writes the line that `logger.info(fields, message)` would write, at a fraction of pino's cost.
 * @param fields - as JSON, each preceded by a comma
 * @param message - must not need escaping in JSON
 * @returns whether the line was handled; false if the format or destination of lines was changed, as by OpenTelemetry
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

/** @returns whether a value is an error, possibly of another realm; a service may log anything as err */
function isErrorLike(error: unknown): error is Error {
  return typeof (error as { message?: unknown } | null)?.message === 'string';
}

/** @returns the lowest level to write: LOG_LEVEL if valid, otherwise info */
function levelOf({ LOG_LEVEL: level = '' }: NodeJS.ProcessEnv): string {
  return level === 'silent' || Object.hasOwn(pino.levels.values, level) ? level : 'info';
}

/** @returns a function that writes lines in batches */
function batched(stdout: Outlet): (line: string) => void {
  let timer: NodeJS.Timeout | undefined;
  let isExiting = false;
  // Reused: the outlet copies what it keeps. Lines kept as strings would survive collections and grow V8's heap.
  const gathered = Buffer.allocUnsafeSlow(MAX_GATHERED + 4096);
  let length = 0;
  const flush = () => {
    if (length > 0) stdout.write(gathered.subarray(0, length));
    length = 0;
  };
  // Before the outlet's own exit listener writes what is left.
  process.prependListener('exit', () => {
    isExiting = true;
    flush();
  });
  return (line) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, GATHER_MS).unref();
    // A character takes at most three bytes.
    if (length + 3 * line.length > gathered.length) flush();
    if (3 * line.length > gathered.length) stdout.write(Buffer.from(line));
    else length += gathered.write(line, length);
    if (stream.lastLevel >= WARN || length >= MAX_GATHERED || isExiting) flush();
  };
}

/** @returns a function that writes human-readable lines */
function readable(stdout: Outlet, level: Config['LOG_LEVEL']): (line: string) => void {
  // Opened only if it is a terminal with a width: opening a pipe as a stream would change how it is written.
  const terminal = isatty(1) ? process.stdout : undefined;
  const look = { hasColour: hasColour(), isDetailed: level === 'debug' || level === 'trace' };
  return (line) => {
    const { columns = 0 } = terminal ?? {};
    // A terminal that does not know its width reports 0.
    stdout.write(Buffer.from(formatLine(line, { ...look, columns: columns > 0 ? columns : COLUMNS })));
  };
}
