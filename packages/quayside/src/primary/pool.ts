// The worker pool: forks a worker for each slot, and replaces those that exit, block or wear out.
import { isatty } from 'node:tty';
import { exitUnstarted } from '../process/failure';
import type { Guardian } from '../process/guardian';
import type { Logger } from '../process/log';
import { outletOf } from '../process/outlet';
import type { Config } from '../settings/config';
import { forkWorker } from './fork';
import { kill, nameOf, type End, type WorkerHandle } from './handle';
import { Renewals } from './renewals';
import type { Shutdown } from './shutdown';
import { inState, occupy, vacate, type Slot } from './slots';
import { isBlocked, isDue } from './wear';

/** What the pool needs. */
export interface PoolOptions {
  config: Config;
  log: Logger;
  guardian: Guardian;
  shutdown: Shutdown;
}

/** The workers of all slots. */
export class Pool {
  /** serving: a worker has come up. ready: every slot has had one at the same time. It never goes back. */
  private state: 'starting' | 'serving' | 'ready' = 'starting';
  private readonly renewals: Renewals;

  constructor(
    private readonly slots: Slot[],
    private readonly options: PoolOptions,
  ) {
    const { config, log, shutdown } = options;
    this.renewals = new Renewals({
      config,
      log,
      fork: (slot) => this.fork(slot),
      isStopping: () => shutdown.isStopping(),
    });
  }

  /** Forks the first workers. If none comes up, the process exits with 1, or with 78 if settings are wrong. */
  start(): void {
    for (const slot of this.slots) this.fork(slot);
  }

  /** Replaces all workers with new ones that load the current code. */
  reload(signal: NodeJS.Signals): void {
    const { log, shutdown } = this.options;
    if (shutdown.isStopping()) return;
    log.info({ signal }, 'reloading');
    this.renewals.renew(this.slots, 'reloading');
  }

  /** To be called once per beat: kills blocked workers, and checks each slot. */
  beat(): void {
    for (const slot of this.slots) {
      this.killBlocked(slot);
      this.watch(slot);
    }
  }

  private fork(slot: Slot): WorkerHandle {
    const { config, guardian } = this.options;
    const worker = forkWorker(slot.id, {
      port: config.PORT,
      startTimeout: config.START_TIMEOUT,
      guardian,
      onFailing: () => {
        this.watch(slot);
      },
    });
    occupy(slot, worker);
    void worker.up.then((isUp) => {
      if (isUp) this.onUp(slot, worker);
    });
    void worker.ended.then((end) => {
      vacate(slot, worker);
      this.onEnd(slot, worker, end);
    });
    return worker;
  }

  private onUp(slot: Slot, worker: WorkerHandle): void {
    const { config, log } = this.options;
    slot.failures = 0;
    if (this.state === 'ready') {
      log.info(nameOf(worker), 'worker up');
      return;
    }
    this.state = this.slots.every((one) => inState(one, 'serving')) ? 'ready' : 'serving';
    if (this.state === 'serving') return;
    const { HOST: host, PORT: port, STATS_HOST: statsHost, STATS_PORT: statsPort, WORKERS: workers } = config;
    const { PUBLIC_URL: url, PUBLIC_STATS_URL: statsUrl } = config;
    const stats = statsPort > 0 ? { statsHost, statsPort } : { statsPort: 'off' };
    log.info({ url, statsUrl, host, port, ...stats, workers }, 'ready');
    // For people. What reads JSON has no terminal.
    if (isatty(1)) outletOf(1).write(Buffer.from(`open ${url}, stats ${statsUrl}\n`));
  }

  private onEnd(slot: Slot, worker: WorkerHandle, end: End): void {
    const { code, signal } = end;
    const { shutdown } = this.options;
    if (shutdown.isStopping()) shutdown.onEnd(code);
    else if (this.state === 'starting' && this.slots.every(({ failures }) => failures > 0)) {
      const how = `worker ${String(slot.id)} ended by ${signal ?? `exit code ${String(code)}`}`;
      exitUnstarted(worker.reason ?? how, worker.exitCode);
    } else {
      this.logDeath(worker, end);
      this.watch(slot);
    }
  }

  private logDeath(worker: WorkerHandle, { code, signal }: End): void {
    const { log } = this.options;
    // If none comes up, the reason is reported once, at the end.
    const reason = this.state === 'starting' ? undefined : worker.reason;
    if (worker.state !== 'draining' && worker.state !== 'closing')
      log.error({ ...nameOf(worker), code, signal, reason }, 'worker died');
    else if (code !== 0) log.warn({ ...nameOf(worker), code, signal }, 'worker died while draining');
  }

  private killBlocked(slot: Slot): void {
    const { config, log } = this.options;
    const why = `killing a worker whose event loop was blocked for HARAKIRI=${String(config.HARAKIRI)} s`;
    for (const worker of slot.workers) {
      if (worker.state !== 'starting') worker.missed += 1;
      if (!isBlocked(worker, config)) continue;
      slot.harakiris += 1;
      log.error(nameOf(worker), why);
      kill(worker);
    }
  }

  /** Makes sure that a slot has a worker, and replaces one that is due. */
  private watch(slot: Slot): void {
    const { config, shutdown } = this.options;
    if (shutdown.isStopping() || performance.now() < slot.notBefore || inState(slot, 'starting')) return;
    const serving = inState(slot, 'serving');
    if (serving === undefined) this.fork(slot);
    else if (isDue(serving, config)) this.renewals.renew([slot]);
  }
}
