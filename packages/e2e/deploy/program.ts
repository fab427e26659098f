// A trial as a program: it ends with a table of what each event has cost, also where it is interrupted.
import build from '../../quayside/harness/build';
import { tableOf, type Cost } from './table';

/** What a trial has found. */
export interface Findings {
  rows: Cost[];
  /** What is not as it has to be. */
  problems: string[];
}

/**
 * Builds quayside, runs a trial, and prints what it has found; a problem makes the exit code 1.
 * @param run - tries; is left where a signal comes
 * @param end - removes what was made, in any case
 */
export async function runProgram(run: () => Promise<Findings>, end: () => Promise<void>): Promise<void> {
  build();
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(signal));
      });
    }
  });
  try {
    const { rows, problems } = await Promise.race([run(), interrupted]);
    console.log(tableOf(rows));
    console.log(`\n${String(rows.reduce((sum, { requests }) => sum + requests, 0))} requests`);
    for (const problem of problems) console.log(`FAILED: ${problem}`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await end();
  }
}
