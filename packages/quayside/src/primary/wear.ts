// When a worker has had its time.
import type { Config } from '../settings/config';
import { BEAT_MS } from '../worker/messages';
import type { WorkerHandle } from './handle';

/** One that serves is not replaced before it is so old, in ms: one that fails at once would be, again and again. */
const MIN_LIFE_MS = 2000;

/** @returns whether its event loop has been blocked for longer than HARAKIRI, as far as its missed beats tell */
export function isBlocked({ missed }: Pick<WorkerHandle, 'missed'>, { HARAKIRI }: Pick<Config, 'HARAKIRI'>): boolean {
  // One more: between two beats that come in time, two may be missed here.
  return HARAKIRI > 0 && (missed - 1) * BEAT_MS > HARAKIRI * 1000;
}

/** @returns whether its event loop has not run for a second or more */
export function isStuck({ missed }: Pick<WorkerHandle, 'missed'>): boolean {
  return missed > 2;
}

/** @returns why a worker should be replaced; undefined where it should not */
export function wearOf(
  { reason, counts, vitals, jitter }: Pick<WorkerHandle, 'reason' | 'counts' | 'vitals' | 'jitter'>,
  { MAX_REQUESTS, RELOAD_ON_RSS }: Pick<Config, 'MAX_REQUESTS' | 'RELOAD_ON_RSS'>,
): string | undefined {
  if (reason !== undefined) return reason;
  if (MAX_REQUESTS > 0 && counts.requests >= MAX_REQUESTS * jitter) return `MAX_REQUESTS=${String(MAX_REQUESTS)}`;
  if (RELOAD_ON_RSS > 0 && vitals.rss >= RELOAD_ON_RSS * jitter * 1024 ** 2)
    return `RELOAD_ON_RSS=${String(RELOAD_ON_RSS)} MB`;
  return undefined;
}

/** @returns whether it should be replaced now */
export function isDue(worker: WorkerHandle, config: Config): boolean {
  return performance.now() - worker.forkedAt >= MIN_LIFE_MS && wearOf(worker, config) !== undefined;
}
