// The log, by pino: one JSON line an event on stdout, or the same made readable in development.
import { pino, stdSerializers, symbols, type Logger } from 'pino';
import type { Config } from '../settings/config';
import { outletOf, type Outlet } from './outlet';

export type { Logger };

/** So much is written together at most, in characters. */
const MAX_GATHERED = 2 ** 16;
/** How long lines are gathered before they are written together, in ms. */
const GATHER_MS = 10;
/** pino's number for it. */
const WARN = 40;

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
  const log = pino(options, config.mode === 'development' ? readable(stdout) : batched(stdout));
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
function readable(stdout: Outlet) {
  // Loaded here, not above: production has no use for it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { prettyFactory } = require('pino-pretty') as typeof import('pino-pretty');
  const format = prettyFactory({
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{msg}{if method} {method} {path}{end}{if status} {status}{end}{if ms} {ms} ms{end}',
    ignore: 'method,path,status,ms',
    singleLine: true,
  });
  return {
    write(line: string) {
      stdout.write(Buffer.from(format(line)));
    },
  };
}
