// Why the server could not start, and the exit that says so.
import { EX_CONFIG, isConfigError } from '../settings/config';

/** Why the server cannot start, in words that need no trace to be understood. */
export class StartError extends Error {}

/** @returns what was thrown where it is an error that can be read, or one that says what it was: it may be anything */
export function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && `${thrown.message}${thrown.stack ?? ''}` !== '') return thrown;
    return new Error(`${String(thrown)} was thrown`);
  } catch {
    return new Error('something was thrown that cannot be read');
  }
}

/** Says what went wrong: what the service throws needs its trace to be understood. */
export function reasonOf(error: unknown): string {
  if (error instanceof StartError || isConfigError(error)) return error.message;
  const { stack, message } = asError(error);
  return stack ?? message;
}

/** @returns with what the server exits where it cannot start for that: EX_CONFIG where settings are wrong, or else 1 */
export function exitCodeOf(error: unknown): number {
  return isConfigError(error) ? EX_CONFIG : 1;
}

/**
 * Ends the process. The reason goes to stderr, so that no LOG_LEVEL hides it.
 * @param exitCode - with EX_CONFIG, the reason is that of a ConfigError, which says by itself that nothing was started
 */
export function exitUnstarted(reason: string, exitCode = 1, what: 'server' | 'job' = 'server'): never {
  const isConfig = exitCode === EX_CONFIG;
  process.stderr.write(isConfig ? `${reason}\n` : `The ${what} could not start: ${reason}\n`);
  // A service may say anything in its worker's name.
  process.exit(isConfig ? EX_CONFIG : 1);
}
