// One worker's process, as the primary sees it: forked, heard, told to drain, killed.
import cluster, { type Worker } from 'node:cluster';
import type { Config } from '../settings/config';
import { Histograms } from '../stats/histogram';
import { noVitals, type Vitals } from '../worker/vitals';
import type { Guardian } from '../process/guardian';
import type { Logger } from '../process/log';
import { noCounts, SLOT, type Counts, type ToPrimary, type ToWorker } from '../worker/messages';

/** By how much the limits of two workers may differ. */
const MOST_JITTER = 0.1;

/** A worker's process, from its fork to its end. */
export interface Process {
  /** The number of its slot. */
  id: number;
  worker: Worker;
  /** It serves from when it listens until it is told to drain. */
  state: 'starting' | 'serving' | 'draining';
  /** When it was started, in ms since the epoch. */
  spawnedAt: number;
  /** How long it took until it listened, in ms. */
  startupMs: number;
  /** What it said last. */
  counts: Counts;
  durations: Histograms;
  vitals: Vitals;
  gc: Histograms;
  /** How many beats in a row it has missed. */
  missed: number;
  /** By what its own limits are greater than the configured ones, so that not all workers reach them together. */
  jitter: number;
  /** Why it should be replaced, or why it could not start. */
  reason: string | undefined;
  /** Becomes true when it listens, false when it ends before that. */
  up: Promise<boolean>;
  /** Its exit code or signal. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Forks a worker.
 * @param id - its slot
 * @param options.port - the service's; when it listens there, it is up
 * @param options.startTimeout - how long it may take to, in seconds; then it is killed
 * @param options.onFailing - called when it says that it should be replaced
 */
export function forkProcess(
  id: number,
  options: { port: number; startTimeout: number; guardian: Guardian; onFailing: () => void },
): Process {
  const { port, startTimeout, guardian, onFailing } = options;
  const worker = cluster.fork({ [SLOT]: String(id) });
  const { pid } = worker.process;
  if (pid !== undefined) guardian.guard(pid);

  const ended: Process['ended'] = new Promise((resolve) => {
    // Not 'exit', which may come before the last message is read.
    worker.process.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      if (pid !== undefined) guardian.release(pid);
      resolve({ code, signal });
    });
    worker.on('error', (error: Error) => {
      own.reason ??= error.message;
      // One that has gone is closed; one that could not be forked is never.
      if (pid === undefined) resolve({ code: 1, signal: null });
    });
  });
  const up = new Promise<boolean>((resolve) => {
    worker.on('listening', (address) => {
      // A service may listen on ports of its own, too.
      if (address.port !== port || own.state !== 'starting') return;
      own.state = 'serving';
      own.startupMs = Date.now() - own.spawnedAt;
      resolve(true);
    });
    void ended.then(() => {
      resolve(false);
    });
  });
  const own: Process = {
    id,
    worker,
    state: 'starting',
    spawnedAt: Date.now(),
    startupMs: 0,
    counts: noCounts(),
    durations: new Histograms(),
    vitals: noVitals,
    gc: new Histograms(),
    missed: 0,
    jitter: 1 + Math.random() * MOST_JITTER,
    reason: undefined,
    up,
    ended,
  };

  worker.on('message', (message: ToPrimary | null) => {
    // The service may send messages of its own; they are nobody's.
    if (message?.type === 'counts') {
      own.counts = message.counts;
      own.durations.replace(message.durations);
    } else if (message?.type === 'beat') {
      own.missed = 0;
      own.vitals = message.vitals;
      own.gc.replace(message.vitals.gc);
    } else if (message?.type === 'unstarted') own.reason = message.reason;
    else if (message?.type === 'failing') {
      own.reason = message.reason;
      onFailing();
    }
  });
  const late = setTimeout(() => {
    own.reason = `it did not listen within START_TIMEOUT=${String(startTimeout)} s`;
    kill(own);
  }, startTimeout * 1000);
  void up.then(() => {
    clearTimeout(late);
  });
  return own;
}

/**
 * Tells a process to finish and to end, and kills it where it does not in time.
 * @param setting - which says how long it may take
 * @param log - is told before it is killed
 */
export function drain(own: Process, setting: 'GRACE' | 'RELOAD_MERCY', config: Config, log: Logger): void {
  const seconds = config[setting];
  own.state = 'draining';
  tell(own, { type: 'drain' });
  const timer = setTimeout(() => {
    log.warn(nameOf(own), `ending the requests that are still in flight after ${setting}=${String(seconds)} s`);
    kill(own);
  }, seconds * 1000);
  void own.ended.then(() => {
    clearTimeout(timer);
  });
}

/** Sends a message. Where it does not arrive, the worker is ending, and its end says so. */
export function tell({ worker }: Process, message: ToWorker): void {
  worker.send(message, () => undefined);
}

/** Ends a process at once. */
export function kill({ worker }: Process): void {
  worker.process.kill('SIGKILL');
}

/** What the log calls a process by. */
export function nameOf({ id, worker }: Process): { worker: number; pid: number | undefined } {
  return { worker: id, pid: worker.process.pid };
}
