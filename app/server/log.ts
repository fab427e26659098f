// The log, by pino: one JSON line an event on stdout, or the same made readable in development.
import { destination, pino, stdSerializers, stdTimeFunctions, type Logger } from 'pino';
import type { Config } from './config';

export type { Logger };

/**
 * Makes the log of this process. Lines are written synchronously, so that none is lost when it exits.
 * @param config - its LOG_LEVEL is the least that is written
 * @param bindings - what every line carries, as the worker's slot
 */
export function createLog(config: Pick<Config, 'LOG_LEVEL' | 'ENV'>, bindings: Record<string, unknown> = {}): Logger {
  const options = {
    level: config.LOG_LEVEL,
    base: bindings,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Whatever else an error carries may be a client's: body-parser's has the body, an HTTP client's the headers.
    serializers: {
      err: (error: Error) => {
        const { type, message, stack } = stdSerializers.err(error);
        return { type, message, stack };
      },
    },
  };
  if (config.ENV === 'DEV') return pino(options, readable());
  const stdout = destination({ dest: 1, sync: true });
  // A full disk or a closed pipe behind stdout costs the line, not the service.
  stdout.on('error', () => undefined);
  return pino(options, stdout);
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
