// How the primary stops: the first signal has the workers drain, another one kills them, and it exits after the last.
import type { Logger } from '../process/log';
import { SAME_SIGNAL_MS } from '../process/signals';
import type { Config } from '../settings/config';
import { drain, kill, tell } from './handle';
import { workersOf, type Slot } from './slots';

type State =
  | { name: 'running' }
  /** Since when, as performance.now() says it, in ms, and with what the process will exit: 1 where a request was cut. */
  | { name: 'stopping'; since: number; exitCode: 0 | 1 };

/** The end of the primary. */
export class Shutdown {
  private state: State = { name: 'running' };

  constructor(
    private readonly slots: Slot[],
    private readonly config: Config,
    private readonly log: Logger,
  ) {}

  /** @returns whether a signal to stop has come */
  isStopping(): boolean {
    return this.state.name === 'stopping';
  }

  /** Acts on a signal to stop. */
  onSignal(signal: NodeJS.Signals): void {
    if (this.state.name === 'running') this.begin(signal);
    else if (performance.now() - this.state.since > SAME_SIGNAL_MS) this.hurry(signal);
  }

  /** Is told of each worker that has ended since it began. */
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
