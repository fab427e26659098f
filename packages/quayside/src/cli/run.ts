// quayside run: runs a job in this process, with the server's settings, log and graceful stop.
import { basename, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isTypeScript } from '../development/peers';
import { asError, exitCodeOf, exitUnstarted, reasonOf, StartError } from '../process/failure';
import { createLog, type Logger } from '../process/log';
import { handleSignals, SAME_SIGNAL_MS } from '../process/signals';
import { settingsOrExit } from './settings';

/** The file's exported run(). The signal is aborted when the job should stop. */
type Job = (signal: AbortSignal) => unknown;

/**
 * Runs the job of a file to its end, and exits the process: with 0, or with 1 if the job fails, is cut or cannot start.
 * @param file - absolute
 */
export async function run(file: string): Promise<void> {
  const config = await settingsOrExit(file, 'job');
  const log = createLog(config, { job: basename(file, extname(file)) });
  process.setSourceMapsEnabled(true);
  const fail = (error: unknown, message: string) => {
    log.fatal({ err: asError(error) }, message);
    process.exit(1);
  };
  // Otherwise Node would exit with 0.
  process.on('beforeExit', () => {
    fail(new Error('run() did not finish, and nothing is left that could finish it'), 'job failed');
  });
  let job: Job;
  try {
    job = await jobOf(file);
  } catch (error) {
    exitUnstarted(reasonOf(error), exitCodeOf(error), 'job');
  }
  // Unhandled rejections end up here too.
  process.on('uncaughtException', (error: unknown) => {
    fail(error, 'uncaught exception');
  });
  const signal = abortAtSignal(config.GRACE, log);
  const start = performance.now();
  try {
    await job(signal);
  } catch (error) {
    if (!isAbort(error, signal)) fail(error, 'job failed');
  }
  log.info({ ms: Math.round(performance.now() - start) }, 'job ended');
  process.exit();
}

/**
 * Loads the job of a file, from its named exports or its default export.
 * @throws StartError if there is none; whatever the file throws
 */
async function jobOf(file: string): Promise<Job> {
  if (isTypeScript(file)) {
    throw new StartError(`${file} is TypeScript: run 'npm run build' first, and pass the compiled file`);
  }
  const { run, default: main } = (await import(pathToFileURL(file).href)) as { run?: unknown; default?: unknown };
  const found = run ?? (main as { run?: unknown } | null | undefined)?.run;
  if (typeof found === 'function') return found as Job;
  throw new StartError(`${file} does not export run: expected a function that takes an AbortSignal and does the job`);
}

/**
 * Aborts the returned signal at the first SIGTERM or SIGINT. From then on the job has `grace` seconds. A second signal
 * ends it at once, with exit code 1.
 */
function abortAtSignal(grace: number, log: Logger): AbortSignal {
  const controller = new AbortController();
  let since: number | undefined;
  handleSignals(['SIGTERM', 'SIGINT'], (signal) => {
    if (since === undefined) {
      since = performance.now();
      log.info({ signal }, 'stopping');
      // The timer must not keep the process running.
      setTimeout(() => {
        log.error(`the job did not end within GRACE=${String(grace)} s`);
        process.exit(1);
      }, grace * 1000).unref();
      controller.abort();
    } else if (performance.now() - since > SAME_SIGNAL_MS) {
      log.warn({ signal }, 'stopping at once');
      process.exit(1);
    }
  });
  return controller.signal;
}

/** @returns whether an error only reports that the signal was aborted: whatever waits on the signal rejects with one */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || asError(error).name === 'AbortError');
}
