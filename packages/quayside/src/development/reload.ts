// The workers of the development server: one serves, and one is ready to take its place at the next change.
import { startGuardian } from '../process/guardian';
import type { Logger } from '../process/log';
import type { Connections } from './connections';
import { drain, execArgvOf, forkWorker, tell, type WorkerHandle } from './handle';
import type { ToPrimary } from './messages';

/** How long requests in flight may take to finish when the code has changed, in ms. */
const MERCY_MS = 1000;
/** The same when the development server stops. */
const STOP_MS = 500;

/** The states of the worker that serves, or will. */
const CURRENT: WorkerHandle['state'][] = ['beginning', 'loading', 'serving'];

/** The workers. */
export interface Reloader {
  /** Serves the code as it is now. */
  reload: () => void;
  /** Ends all workers; resolves when they have ended. */
  stop: () => Promise<void>;
}

/**
 * Readies a worker, which serves from the first reload on.
 * @param file - of the service
 * @param onServing - called each time that one serves
 */
export function startWorkers(connections: Connections, log: Logger, file: string, onServing: () => void): Reloader {
  const workers = new Workers(connections, log, file, onServing);
  workers.fillSpare();
  return {
    reload: () => {
      workers.reload();
    },
    stop: () => workers.stop(),
  };
}

/** Decides which worker begins, serves and ends. */
class Workers {
  /** At most one is spare, at most one is current, and the others end. */
  private readonly workers = new Set<WorkerHandle>();
  /** changing: the current worker ends, and another is to begin. */
  private state: 'settled' | 'changing' | 'stopping' = 'settled';
  private changedAt = performance.now();
  /** Counts the changes. */
  private change = 0;
  private readonly fork: () => WorkerHandle;

  constructor(
    private readonly connections: Connections,
    private readonly log: Logger,
    file: string,
    private readonly onServing: () => void,
  ) {
    const onMessage = this.onMessage.bind(this);
    const onEnd = this.onEnd.bind(this);
    const options = { file, execArgv: execArgvOf(file), guardian: startGuardian(), onMessage, onEnd };
    this.fork = () => {
      const worker = forkWorker(options);
      this.workers.add(worker);
      return worker;
    };
  }

  reload(): void {
    this.changedAt = performance.now();
    this.change += 1;
    this.connections.hold();
    const beginning = this.inState('beginning');
    // It serves this change as well: where saves come fast, nobody would get to the end otherwise.
    if (beginning !== undefined) tell(beginning, { type: 'begin', change: this.change });
    else this.replace();
  }

  async stop(): Promise<void> {
    this.state = 'stopping';
    const unused = this.inState('spare');
    if (unused !== undefined) {
      unused.state = 'ending';
      unused.child.kill('SIGKILL');
    }
    const used = [...this.workers].filter((worker) => worker !== unused);
    await Promise.all(used.map((worker) => drain(worker, STOP_MS, this.log)));
  }

  /** Sees to it that a worker waits for the next change. */
  fillSpare(): void {
    if (this.inState('spare') === undefined) this.fork();
  }

  /** Ends the current worker and has another begin. */
  private replace(): void {
    // Whoever follows the one that is about to end serves this change, too.
    if (this.state !== 'settled') return;
    this.state = 'changing';
    const old = this.inState(...CURRENT);
    const gone = old === undefined ? Promise.resolve() : drain(old, MERCY_MS, this.log);
    void gone.then(() => {
      if (this.state === 'stopping') return;
      this.state = 'settled';
      this.begin();
    });
  }

  private begin(): void {
    const worker = this.inState('spare') ?? this.fork();
    worker.state = 'beginning';
    tell(worker, { type: 'begin', change: this.change });
  }

  private onMessage(worker: WorkerHandle, message: ToPrimary): void {
    if (message.type === 'ready' && worker.state === 'spare') this.log.debug('ready for the next change');
    if (!CURRENT.includes(worker.state)) return;
    if (message.type === 'loading') {
      worker.state = 'loading';
      if (message.change !== this.change) this.replace();
    } else if (message.type === 'serving') this.onWorkerServing(worker);
    else if (message.type === 'failed') this.onFailed(worker, message.reason);
  }

  private onWorkerServing(worker: WorkerHandle): void {
    worker.state = 'serving';
    this.connections.giveTo(worker.child);
    this.log.info(`serving after ${(performance.now() - this.changedAt).toFixed()} ms`);
    this.fillSpare();
    this.onServing();
  }

  private onEnd(worker: WorkerHandle, how: string): void {
    this.workers.delete(worker);
    if (CURRENT.includes(worker.state)) this.onFailed(worker, how);
    else worker.state = 'ending';
  }

  private onFailed(worker: WorkerHandle, reason: string): void {
    worker.state = 'ending';
    this.log.error(`${reason}\nWaiting for a change.`);
    this.connections.fail(reason);
    this.fillSpare();
  }

  private inState(...states: WorkerHandle['state'][]): WorkerHandle | undefined {
    return [...this.workers].find(({ state }) => states.includes(state));
  }
}
