// The development server's workers: one serves, and spare ones are ready to take over at the next changes.
import { exitUnstarted } from '../process/failure';
import type { Guardian } from '../process/guardian';
import type { Logger } from '../process/log';
import { EX_CONFIG } from '../settings/config';
import { namesOf } from './changes';
import type { Connections } from './connections';
import type { OnSocket } from './fork';
import { drain, forkWorker, tell, type WorkerHandle } from './handle';
import type { ToPrimary } from './messages';

/** Number of spare workers: with two, saves may come faster than a worker starts. */
const SPARES = 2;
/** How long requests in flight have to finish when the code has changed, in ms. */
const MERCY_MS = 1000;
/** The same when the development server stops. */
const STOP_MS = 500;

/** The states of the current worker, which serves or will. */
const CURRENT: WorkerHandle['state'][] = ['beginning', 'loading', 'serving'];

export interface ReloadOptions {
  connections: Connections;
  log: Logger;
  /** Of the service. */
  file: string;
  guardian: Guardian;
  onSocket: OnSocket;
  /** Called at each change. */
  onChange?: () => void;
  /** Called with the number of a change once it is served, or has failed, and a spare worker is ready for the next. */
  onRest?: (change: number) => void;
}

/** Decides which worker begins, serves and ends. The first one begins at the first reload. */
export class Workers {
  /** At most SPARES are starting or ready, of which at most one is starting; at most one is current; the others are ending. */
  private readonly workers = new Set<WorkerHandle>();
  /** changing: the current worker ends, and another will begin. */
  private state: 'settled' | 'changing' | 'stopping' = 'settled';
  private changedAt = performance.now();
  /** Whether no worker has served or failed yet. */
  private isFirst = true;
  /** Counts the changes. */
  private change = 0;
  /** The files that have changed since a worker last started serving. */
  private readonly changed = new Set<string>();
  private readonly fork: () => WorkerHandle;

  constructor(private readonly options: ReloadOptions) {
    const { file, guardian, onSocket } = options;
    const onMessage = this.onMessage.bind(this);
    const onEnd = this.onEnd.bind(this);
    this.fork = () => {
      const worker = forkWorker({ file, onSocket, guardian, onMessage, onEnd });
      this.workers.add(worker);
      return worker;
    };
    this.fillSpares();
  }

  /**
   * Serves the current code.
   * @param files - the changed files, as far as they are known
   */
  reload(files: string[]): void {
    for (const file of files) {
      this.changed.add(file);
      this.options.log.debug(`changed: ${file}`);
    }
    this.changedAt = performance.now();
    this.change += 1;
    this.options.onChange?.();
    this.options.connections.hold();
    const beginning = this.inState('beginning');
    // It serves this change as well: otherwise no worker would finish if saves come fast.
    if (beginning !== undefined) tell(beginning, { type: 'begin', change: this.change });
    else this.replace();
  }

  /** Ends all workers; resolves when they have ended. */
  async stop(): Promise<void> {
    this.state = 'stopping';
    this.kill('starting', 'ready', 'beginning');
    const used = [...this.workers].filter(({ child }) => !child.killed);
    await Promise.all(used.map((worker) => drain(worker, STOP_MS, this.options.log)));
  }

  /** Kills the workers that have not begun: the compiler has exited, possibly before it had their socket. */
  dropWaiting(): void {
    const beginning = this.inState('beginning');
    this.kill('starting', 'ready', 'beginning');
    if (beginning !== undefined) this.onFailed(beginning, 'The compiler has ended.');
  }

  /** Makes sure that spare workers are ready. They start one by one, to leave the CPU to the serving one. */
  private fillSpares(): void {
    if (this.inState('starting') === undefined && this.allIn('ready').length < SPARES) this.fork();
  }

  /** Ends the current worker and starts another. */
  private replace(): void {
    // The successor of the ending worker serves this change too.
    if (this.state !== 'settled') return;
    this.state = 'changing';
    const old = this.inState(...CURRENT);
    const gone = old === undefined ? Promise.resolve() : drain(old, MERCY_MS, this.options.log);
    void gone.then(() => {
      if (this.state === 'stopping') return;
      this.state = 'settled';
      this.begin();
    });
  }

  private begin(): void {
    const worker = this.inState('ready') ?? this.inState('starting') ?? this.fork();
    worker.state = 'beginning';
    tell(worker, { type: 'begin', change: this.change });
  }

  private onMessage(worker: WorkerHandle, message: ToPrimary): void {
    if (message.type === 'ready' && worker.state === 'starting') this.onReady(worker);
    if (!CURRENT.includes(worker.state)) return;
    if (message.type === 'loading') {
      worker.state = 'loading';
      if (message.change !== this.change) this.replace();
    } else if (message.type === 'serving') this.onServing(worker);
    else if (message.type === 'failed') this.onFailed(worker, message.reason, message.exitCode);
  }

  private onReady(worker: WorkerHandle): void {
    worker.state = 'ready';
    this.options.log.debug('ready for the next change');
    this.fillSpares();
    const isAtRest = this.state === 'settled' && this.inState('beginning', 'loading') === undefined;
    if (isAtRest && this.change > 0) this.options.onRest?.(this.change);
  }

  private onServing(worker: WorkerHandle): void {
    worker.state = 'serving';
    this.isFirst = false;
    this.options.connections.giveTo(worker.child);
    this.options.log.info(`serving after ${(performance.now() - this.changedAt).toFixed()} ms${namesOf(this.changed)}`);
    this.changed.clear();
    this.fillSpares();
  }

  private onEnd(worker: WorkerHandle, how: string): void {
    this.workers.delete(worker);
    if (CURRENT.includes(worker.state)) this.onFailed(worker, how);
    else worker.state = 'ending';
  }

  private onFailed(worker: WorkerHandle, reason: string, exitCode = 1): void {
    worker.state = 'ending';
    // No edit fixes the environment.
    if (this.isFirst && exitCode === EX_CONFIG) exitUnstarted(reason, exitCode);
    this.isFirst = false;
    this.options.log.error(`${reason}\nWaiting for a change.`);
    this.options.connections.fail(reason);
    this.fillSpares();
  }

  private kill(...states: WorkerHandle['state'][]): void {
    for (const worker of this.allIn(...states)) {
      worker.state = 'ending';
      worker.child.kill('SIGKILL');
    }
  }

  private inState(...states: WorkerHandle['state'][]): WorkerHandle | undefined {
    return this.allIn(...states)[0];
  }

  private allIn(...states: WorkerHandle['state'][]): WorkerHandle[] {
    return [...this.workers].filter(({ state }) => states.includes(state));
  }
}
