// Decides when a worker is blocked or should be replaced.
import type { Config } from '../settings/config';
import { BEAT_MS } from '../worker/messages';
import type { WorkerHandle } from './handle';

/** Minimum age for a replacement, in ms: otherwise a worker that fails at once would be replaced in a tight loop. */
const MIN_LIFE_MS = 2000;

/** @returns whether its event loop has been blocked for longer than HARAKIRI, judging by missed beats */
export function isBlocked({ missed }: Pick<WorkerHandle, 'missed'>, { HARAKIRI }: Pick<Config, 'HARAKIRI'>): boolean {
  // Minus one: between two beats that arrive in time, this may count two misses.
  return HARAKIRI > 0 && (missed - 1) * BEAT_MS > HARAKIRI * 1000;
}

/** @returns whether its event loop has not run for a second or more */
export function isStuck({ missed }: Pick<WorkerHandle, 'missed'>): boolean {
  return missed > 2;
}

/** @returns why a worker should be replaced; undefined if it should not */
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
