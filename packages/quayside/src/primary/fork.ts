// Forks a worker, and keeps its handle up to date.
import { ChildProcess } from 'node:child_process';
import cluster, { Worker } from 'node:cluster';
import { messageOf } from '../process/channel';
import { asError } from '../process/failure';
import type { Guardian } from '../process/guardian';
import { noCounts, noVitals, type Vitals } from '../stats/counts';
import { Histograms, histogramsIn } from '../stats/histogram';
import { NO_METRICS } from '../stats/service-metrics';
import { SLOT, type ToPrimary } from '../worker/messages';
import { kill, type End, type WorkerHandle } from './handle';
import { relay } from './relay';

/**
 * How long to wait for an exited worker's last output, in ms: a process that the service has started may still hold its
 * stdout open.
 */
const LAST_WORDS_MS = 1000;

/** Maximum relative difference between the limits of two workers. */
const MAX_JITTER = 0.1;

/** What forkWorker() needs. */
export interface ForkOptions {
  /** The service's port; a worker that listens there is up. */
  port: number;
  /** How long a worker may take to listen, in seconds; then it is killed. */
  startTimeout: number;
  guardian: Guardian;
  /** Called when the worker asks to be replaced. */
  onFailing: () => void;
}

/** A handle without its promises. */
type Fresh = Omit<WorkerHandle, 'up' | 'ended'>;

/**
 * Forks a worker.
 * @param id - its slot
 * @returns its handle; if forking fails, the handle ends with exit code 1 and the reason
 */
export function forkWorker(id: number, { port, startTimeout, guardian, onFailing }: ForkOptions): WorkerHandle {
  const fresh = freshHandle(id, fork({ [SLOT]: String(id) }));
  relay(fresh.child.process);
  const ended = endOf(fresh, guardian);
  const up = upOf(fresh, port, ended);
  hear(fresh, onFailing);
  limitStart(fresh, startTimeout, up);
  return Object.assign(fresh, { up, ended });
}

/** Forks. If Node throws, for example while its binary is being replaced, the worker emits an error as for any failure. */
function fork(env: Record<string, string>): Worker {
  try {
    return cluster.fork(env);
  } catch (error) {
    const child = Object.assign(new Worker(), { process: new ChildProcess() });
    process.nextTick(() => child.emit('error', asError(error)));
    return child;
  }
}

function freshHandle(id: number, child: Worker): Fresh {
  return {
    id,
    child,
    state: 'starting',
    spawnedAt: Date.now(),
    forkedAt: performance.now(),
    startupMs: 0,
    counts: noCounts(),
    durations: new Histograms(),
    vitals: noVitals,
    gc: new Histograms(),
    serviceMetrics: NO_METRICS,
    missed: 0,
    jitter: 1 + Math.random() * MAX_JITTER,
    reason: undefined,
    exitCode: 1,
  };
}

/** Resolves when a worker has ended; until then, the guardian guards its pid. */
function endOf(worker: Fresh, guardian: Guardian): Promise<End> {
  const { child } = worker;
  const { pid } = child.process;
  if (pid !== undefined) guardian.guard(pid);
  return new Promise((resolve) => {
    child.process.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      if (pid !== undefined) guardian.release(pid);
      const end = () => {
        resolve({ code, signal });
      };
      // Its last message and last line may not have been read yet.
      child.process.once('close', end);
      setTimeout(end, LAST_WORDS_MS).unref();
    });
    child.on('error', (error: Error) => {
      worker.reason ??= error.message;
      // A worker that could not be forked never emits 'close'.
      if (pid === undefined) resolve({ code: 1, signal: null });
    });
  });
}

/** Resolves to true when a worker listens on the service's port, to false if it ends before that. */
function upOf(worker: Fresh, port: number, ended: Promise<End>): Promise<boolean> {
  return new Promise((resolve) => {
    worker.child.on('listening', (address) => {
      // A service may also listen on its own ports.
      if (address.port !== port || worker.state !== 'starting') return;
      worker.state = 'serving';
      worker.startupMs = Math.round(performance.now() - worker.forkedAt);
      resolve(true);
    });
    void ended.then(() => {
      resolve(false);
    });
  });
}

/** Records a worker's messages. */
function hear(worker: Fresh, onFailing: () => void): void {
  worker.child.on('message', (received: unknown) => {
    const message = messageOf(received) as ToPrimary | undefined;
    // The service may send anything in the worker's name.
    if (message?.type === 'counts') {
      worker.counts = { ...noCounts(), ...message.counts };
      worker.durations.replace(histogramsIn(message.durations));
    } else if (message?.type === 'beat') {
      const { vitals } = message as { vitals?: Partial<Vitals> };
      worker.missed = 0;
      worker.vitals = { ...noVitals, ...vitals };
      worker.gc.replace(histogramsIn(vitals?.gc));
    } else if (message?.type === 'metrics') worker.serviceMetrics = message.metrics;
    else if (message?.type === 'closing' && worker.state === 'draining') worker.state = 'closing';
    else if (message?.type === 'unstarted') {
      worker.reason = message.reason;
      worker.exitCode = message.exitCode;
    } else if (message?.type === 'failing') {
      worker.reason = message.reason;
      onFailing();
    }
  });
}

/** Kills a worker that does not come up in time, in seconds. */
function limitStart(worker: Fresh, startTimeout: number, up: Promise<boolean>): void {
  const late = setTimeout(() => {
    // It may already have given its reason, and be waiting for its close().
    worker.reason ??= `it did not listen within START_TIMEOUT=${String(startTimeout)} s`;
    kill(worker);
  }, startTimeout * 1000);
  void up.then(() => {
    clearTimeout(late);
  });
}
