// One worker, as the primary sees it: what it has reported, and how it is drained or killed.
import type { Worker } from 'node:cluster';
import type { Logger } from '../process/log';
import type { Config } from '../settings/config';
import type { Counts, Vitals } from '../stats/counts';
import type { Histograms } from '../stats/histogram';
import type { ToWorker } from '../worker/messages';

/** How a worker's process has exited. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A worker, from its fork to its end. */
export interface WorkerHandle {
  /** The number of its slot. */
  id: number;
  child: Worker;
  /** It serves from when it listens until it is told to drain. closing: everything is answered, and close() runs. */
  state: 'starting' | 'serving' | 'draining' | 'closing';
  /** Start time, in ms since the epoch. */
  spawnedAt: number;
  /** The same, by performance.now(): the clock may be changed. */
  forkedAt: number;
  /** How long it took until it listened, in ms. */
  startupMs: number;
  /** Its last report. */
  counts: Counts;
  durations: Histograms;
  vitals: Vitals;
  gc: Histograms;
  serviceMetrics: string;
  /** How many beats in a row it has missed. */
  missed: number;
  /** Factor by which its limits exceed the configured ones, so that workers do not all reach them at once. */
  jitter: number;
  /** Why it should be replaced, or why it could not start. */
  reason: string | undefined;
  /** The server's exit code if no worker can start. */
  exitCode: number;
  /** Resolves to true when it listens, to false if it ends before that. */
  up: Promise<boolean>;
  ended: Promise<End>;
}

/**
 * Tells a worker to finish and exit, and kills it if it does not do so in time.
 * @param setting - the setting with the time it may take
 * @param log - gets a line before it is killed
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

/** Sends a message. If it does not arrive, the worker is exiting, which is handled elsewhere. */
export function tell({ child }: Pick<WorkerHandle, 'child'>, message: ToWorker): void {
  child.send(message, () => undefined);
}

/** Ends a worker at once. */
export function kill({ child }: Pick<WorkerHandle, 'child'>): void {
  child.process.kill('SIGKILL');
}

/** @returns the fields that identify a worker in the log */
export function nameOf({ id, child }: Pick<WorkerHandle, 'id' | 'child'>): { worker: number; pid: number | undefined } {
  return { worker: id, pid: child.process.pid };
}
