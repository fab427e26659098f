// The log: one JSON line an event on stdout, by pino.
import { destination, pino, stdTimeFunctions, type Logger } from 'pino';
import type { Config } from './config';

export type { Logger };

/**
 * Makes the log of this process. Lines are written synchronously, so that none is lost when it exits.
 * @param config - its logLevel is the least that is written
 * @param bindings - what every line carries, as the worker's slot
 */
export function createLog(config: Pick<Config, 'logLevel'>, bindings: Record<string, unknown> = {}): Logger {
  const stdout = destination({ dest: 1, sync: true });
  // A full disk or a closed pipe behind stdout costs the line, not the service.
  stdout.on('error', () => undefined);
  return pino(
    {
      level: config.logLevel,
      base: bindings,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stdout,
  );
}
