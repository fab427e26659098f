// Why the server could not start, and the exit that says so.

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
  if (error instanceof StartError) return error.message;
  const { stack, message } = asError(error);
  return stack ?? message;
}

/** Ends the process with exit code 1. The reason goes to stderr, so that no LOG_LEVEL hides it. */
export function exitUnstarted(reason: string): never {
  process.stderr.write(`The server could not start: ${reason}\n`);
  process.exit(1);
}
