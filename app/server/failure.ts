// Why the server could not start, and the exit that says so.
import { ListenError } from './listen';

/** Says what went wrong: a port that is taken needs no trace to be understood, what the service throws does. */
export function reasonOf(error: unknown): string {
  if (error instanceof ListenError) return error.message;
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}

/** Ends the process with exit code 1. The reason goes to stderr, so that no LOG_LEVEL hides it. */
export function exitUnstarted(reason: string): never {
  process.stderr.write(`The server could not start: ${reason}\n`);
  process.exit(1);
}
