// Failures to start: their reasons, and the exit that reports them.
import { EX_CONFIG, isConfigError } from '../settings/config';

/** Why the server cannot start, in a message that needs no stack trace. */
export class StartError extends Error {}

/** @returns what was thrown if it is a readable error, otherwise an error that describes it */
export function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && `${thrown.message}${thrown.stack ?? ''}` !== '') return thrown;
    return new Error(`${String(thrown)} was thrown`);
  } catch {
    return new Error('something was thrown that cannot be read');
  }
}

/** @returns what went wrong: the message of this package's own errors, and the stack trace of any other */
export function reasonOf(error: unknown): string {
  if (error instanceof StartError || isConfigError(error)) return error.message;
  const { stack, message } = asError(error);
  return stack ?? message;
}

/** @returns the exit code for a failure to start: EX_CONFIG if settings are wrong, otherwise 1 */
export function exitCodeOf(error: unknown): number {
  return isConfigError(error) ? EX_CONFIG : 1;
}

/**
 * Exits the process. The reason goes to stderr, where no LOG_LEVEL can hide it.
 * @param exitCode - with EX_CONFIG, the reason is a ConfigError's message, which already says that nothing was started
 */
export function exitUnstarted(reason: string, exitCode = 1, what: 'server' | 'job' = 'server'): never {
  const isConfig = exitCode === EX_CONFIG;
  process.stderr.write(isConfig ? `${reason}\n` : `The ${what} could not start: ${reason}\n`);
  // The code may come from the service, in its worker's name.
  process.exit(isConfig ? EX_CONFIG : 1);
}
