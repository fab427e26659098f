// One worker, as the primary sees it: what it has said, and how it is told to drain or killed.
import type { Worker } from 'node:cluster';
import type { Logger } from '../process/log';
import type { Config } from '../settings/config';
import type { Counts, Vitals } from '../stats/counts';
import type { Histograms } from '../stats/histogram';
import type { ToWorker } from '../worker/messages';

/** How a worker's process has ended. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A worker, from its fork to its end. */
export interface WorkerHandle {
  /** The number of its slot. */
  id: number;
  child: Worker;
  /** It serves from when it listens until it is told to drain. closing: all is answered, and the service's close() runs. */
  state: 'starting' | 'serving' | 'draining' | 'closing';
  /** When it was started, in ms since the epoch. */
  spawnedAt: number;
  /** The same, as performance.now() says it: the clock may be set. */
  forkedAt: number;
  /** How long it took until it listened, in ms. */
  startupMs: number;
  /** What it said last. */
  counts: Counts;
  durations: Histograms;
  vitals: Vitals;
  gc: Histograms;
  serviceMetrics: string;
  /** How many beats in a row it has missed. */
  missed: number;
  /** By what its own limits are greater than the configured ones, so that not all workers reach them together. */
  jitter: number;
  /** Why it should be replaced, or why it could not start. */
  reason: string | undefined;
  /** The exit code of the server where no worker can start. */
  exitCode: number;
  /** Becomes true when it listens, false when it ends before that. */
  up: Promise<boolean>;
  ended: Promise<End>;
}

/**
 * Tells a worker to finish and to end, and kills it where it does not in time.
 * @param setting - which says how long it may take
 * @param log - is told before it is killed
 */
export function drain(worker: WorkerHandle, setting: 'GRACE' | 'RELOAD_MERCY', config: Config, log: Logger): void {
  const seconds = config[setting];
  worker.state = 'draining';
  tell(worker, { type: 'drain' });
  const timer = setTimeout(() => {
    const what = worker.state === 'closing' ? 'close()' : 'the requests that are still in flight';
    log.warn(nameOf(worker), `ending ${what} after ${setting}=${String(seconds)} s`);
    kill(worker);
  }, seconds * 1000);
  void worker.ended.then(() => {
    clearTimeout(timer);
  });
}

/** Sends a message. Where it does not arrive, the worker is ending, and its end says so. */
export function tell({ child }: Pick<WorkerHandle, 'child'>, message: ToWorker): void {
  child.send(message, () => undefined);
}

/** Ends a worker at once. */
export function kill({ child }: Pick<WorkerHandle, 'child'>): void {
  child.process.kill('SIGKILL');
}

/** @returns what the log calls a worker by */
export function nameOf({ id, child }: Pick<WorkerHandle, 'id' | 'child'>): { worker: number; pid: number | undefined } {
  return { worker: id, pid: child.process.pid };
}
