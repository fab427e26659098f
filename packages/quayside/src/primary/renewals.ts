// Replaces the workers of slots one after the other: the old one drains once the new one is up.
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../process/log';
import type { Config } from '../settings/config';
import { drain, nameOf, type WorkerHandle } from './handle';
import { inState, type Slot } from './slots';
import { wearOf } from './wear';

/** What renewals need. */
export interface RenewalOptions {
  config: Config;
  log: Logger;
  /** Starts a worker in a slot. */
  fork: (slot: Slot) => WorkerHandle;
  /** Once this returns true, no more workers are replaced. */
  isStopping: () => boolean;
}

/** The queue of slots whose worker should be replaced. */
export class Renewals {
  private readonly queue = new Set<Slot>();
  /** reloading: a reload was requested, whose end is logged. */
  private state: 'idle' | 'renewing' | 'reloading' = 'idle';

  constructor(private readonly options: RenewalOptions) {}

  /** Queues slots, and starts unless already running. */
  renew(slots: Slot[], how: 'renewing' | 'reloading' = 'renewing'): void {
    for (const slot of slots) this.queue.add(slot);
    const wasIdle = this.state === 'idle';
    if (wasIdle || how === 'reloading') this.state = how;
    if (wasIdle) void this.renewAll();
  }

  private async renewAll(): Promise<void> {
    const { queue } = this;
    const { log, fork, isStopping } = this.options;
    // Iterating over a Set includes items added meanwhile.
    for (const slot of queue) {
      queue.delete(slot);
      await inState(slot, 'starting')?.up;
      if (isStopping()) return;
      const old = inState(slot, 'serving');
      const next = fork(slot);
      const isUp = await next.up;
      if (isStopping()) return;
      if (!isUp) {
        log.error(
          { worker: slot.id, reason: next.reason },
          'the new worker did not come up: no more workers are replaced',
        );
        queue.clear();
      } else if (old?.state === 'serving') await this.retire(old);
    }
    if (this.state === 'reloading') log.info('reload ended');
    this.state = 'idle';
  }

  /** Drains a worker; resolves when it has ended, or after GRACE. */
  private async retire(worker: WorkerHandle): Promise<void> {
    const { config, log } = this.options;
    log.info({ ...nameOf(worker), reason: wearOf(worker, config) ?? 'reload' }, 'worker drains');
    // A failing worker gets less time.
    drain(worker, worker.reason === undefined ? 'RELOAD_MERCY' : 'GRACE', config, log);
    await Promise.race([worker.ended, pause(config.GRACE * 1000)]);
  }
}
