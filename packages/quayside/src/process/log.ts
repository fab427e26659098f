// The log, by pino: one JSON line an event on stdout, or the same made readable in development.
import { destination, pino, stdSerializers, symbols, type Logger } from 'pino';
import type { Config } from '../settings/config';

export type { Logger };

/** PIPE_BUF of Linux: what is written to a pipe in one piece, whoever else writes to it. See pipe(7). */
const PIPE_BUF = 4096;
/** How long lines are gathered before they are written together, in ms. */
const GATHER_MS = 10;
/** What is kept of lines that could not be written, in bytes; from there on, they are dropped. */
const MAX_HELD = 2 ** 24;
/** pino's number for it. */
const WARN = 40;

/**
 * Makes the log of this process. Lines are written synchronously, so that none is lost when it exits: those of a warning
 * or more at once, others together with those of the next milliseconds.
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
  if (config.mode === 'development') return pino(options, readable());
  return pino(options, batched());
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

/** Stdout, with one write for the lines of a few milliseconds. */
function batched() {
  const stdout = destination({ dest: 1, sync: true, maxLength: MAX_HELD });
  // A full disk or a closed pipe behind stdout costs the line, not the service.
  stdout.on('error', () => undefined);
  let lines = '';
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    if (lines !== '') stdout.write(lines);
    lines = '';
    bytes = 0;
  };
  process.on('exit', flush);
  return {
    // Has pino say what level a line has.
    [symbols.needsMetadataGsym]: true as const,
    lastLevel: 0,
    write(line: string) {
      const length = Buffer.byteLength(line);
      if (bytes + length > PIPE_BUF) flush();
      timer ??= setTimeout(() => {
        timer = undefined;
        flush();
      }, GATHER_MS).unref();
      lines += line;
      bytes += length;
      if (this.lastLevel >= WARN) flush();
    },
  };
}

/** A stream that prints lines as people read them. */
function readable() {
  // Loaded here, not above: production has no use for it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const pretty = require('pino-pretty') as typeof import('pino-pretty');
  return pretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{msg}{if method} {method} {path}{end}{if status} {status}{end}{if ms} {ms} ms{end}',
    ignore: 'method,path,status,ms',
    singleLine: true,
  });
}
