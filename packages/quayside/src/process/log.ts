// The log, by pino: one JSON line an event on stdout, or the same made readable in development.
import { isatty } from 'node:tty';
import { pino, stdSerializers, symbols, type Logger } from 'pino';
import type { Config } from '../settings/config';
import { hasColour } from './colour';
import { formatLine } from './line';
import { outletOf, type Outlet } from './outlet';

export type { Logger };

/** So much is written together at most, in characters. */
const MAX_GATHERED = 2 ** 16;
/** How long lines are gathered before they are written together, in ms. */
const GATHER_MS = 10;
/** pino's number for it. */
const WARN = 40;
/** How wide a line is made where there is no terminal, in characters. */
const COLUMNS = 80;

/**
 * Makes the log of this process, on stdout. Lines of a warning or more are written at once, others together with those of
 * the next milliseconds, and none is lost when the process exits. Where stdout is not read, see Outlet.
 * @param config - its LOG_LEVEL is the least that is written
 * @param bindings - what every line carries, as the worker's slot
 */
export function createLog(config: Pick<Config, 'LOG_LEVEL' | 'mode'>, bindings: Record<string, unknown> = {}): Logger {
  const options = {
    level: config.LOG_LEVEL,
    base: bindings,
    timestamp: isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Whatever else an error carries may be a client's: body-parser's has the body, an HTTP client's the headers.
    serializers: {
      err: (error: Error) => {
        const { type, message, stack } = stdSerializers.err(error);
        return { type, message, stack };
      },
    },
  };
  const stdout = outletOf(1);
  const log = pino(options, config.mode === 'development' ? readable(stdout, config.LOG_LEVEL) : batched(stdout));
  stdout.onRoom = (dropped) => {
    log.warn({ dropped }, 'lines were dropped: nobody read them, or they could not be written');
  };
  return log;
}

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

/** A stream that writes the lines of a few milliseconds together. */
function batched(stdout: Outlet) {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let isExiting = false;
  const flush = () => {
    if (lines !== '') stdout.write(Buffer.from(lines));
    lines = '';
  };
  // Before the outlet itself sees to what is left.
  process.prependListener('exit', () => {
    isExiting = true;
    flush();
  });
  return {
    // Has pino say what level a line has.
    [symbols.needsMetadataGsym]: true as const,
    lastLevel: 0,
    write(line: string) {
      timer ??= setTimeout(() => {
        timer = undefined;
        flush();
      }, GATHER_MS).unref();
      lines += line;
      if (this.lastLevel >= WARN || lines.length >= MAX_GATHERED || isExiting) flush();
    },
  };
}

/** A stream that writes lines as people read them. */
function readable(stdout: Outlet, level: Config['LOG_LEVEL']) {
  // Opened where it has a width alone: as a stream, a pipe would be written to in another way.
  const terminal = isatty(1) ? process.stdout : undefined;
  const look = { hasColour: hasColour(), isDetailed: level === 'debug' || level === 'trace' };
  return {
    write(line: string) {
      const { columns = 0 } = terminal ?? {};
      // A terminal that does not know its width says 0.
      stdout.write(Buffer.from(formatLine(line, { ...look, columns: columns > 0 ? columns : COLUMNS })));
    },
  };
}
