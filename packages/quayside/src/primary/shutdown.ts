// Stops the primary: the first signal drains the workers, a second one kills them, and it exits after the last worker.
import type { Logger } from '../process/log';
import { SAME_SIGNAL_MS } from '../process/signals';
import type { Config } from '../settings/config';
import { drain, kill, tell } from './handle';
import { workersOf, type Slot } from './slots';

type State =
  | { name: 'running' }
  /** Since when, by performance.now(), in ms. The exit code is 1 if a request was cut. */
  | { name: 'stopping'; since: number; exitCode: 0 | 1 };

/** The primary's shutdown. */
export class Shutdown {
  private state: State = { name: 'running' };

  constructor(
    private readonly slots: Slot[],
    private readonly config: Config,
    private readonly log: Logger,
  ) {}

  /** @returns whether a stop signal has arrived */
  isStopping(): boolean {
    return this.state.name === 'stopping';
  }

  /** Handles a stop signal. */
  onSignal(signal: NodeJS.Signals): void {
    if (this.state.name === 'running') this.begin(signal);
    else if (performance.now() - this.state.since > SAME_SIGNAL_MS) this.hurry(signal);
  }

  /** To be called for each worker that ends after the stop began. */
  onEnd(code: number | null): void {
    if (code !== 0) this.cut();
    this.exitWhenAlone();
  }

  private begin(signal: NodeJS.Signals): void {
    const { slots, config, log } = this;
    log.info({ signal }, 'stopping');
    this.state = { name: 'stopping', since: performance.now(), exitCode: 0 };
    for (const worker of workersOf(slots)) tell(worker, { type: 'unready' });
    setTimeout(() => {
      for (const worker of workersOf(slots)) drain(worker, 'GRACE', config, log);
      this.exitWhenAlone();
    }, config.DRAIN_DELAY * 1000);
  }

  private hurry(signal: NodeJS.Signals): void {
    this.log.warn({ signal }, 'stopping at once');
    this.cut();
    workersOf(this.slots).forEach(kill);
    this.exitWhenAlone();
  }

  /** A request was cut, or may have been. */
  private cut(): void {
    if (this.state.name === 'stopping') this.state.exitCode = 1;
  }

  private exitWhenAlone(): void {
    if (this.state.name === 'running' || workersOf(this.slots).length > 0) return;
    const { exitCode } = this.state;
    this.log.info({ exitCode }, 'stopped');
    process.exit(exitCode);
  }
}
