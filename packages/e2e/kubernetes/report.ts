// What an event of test:kubernetes has cost, from the seconds of the load.
import type { Cost } from '../deploy/table';
import type { Second } from './load';

/**
 * Adds up the seconds of an event.
 * @param took - how long it took until the new state was reached, in s
 */
export function costOf(event: string, took: number, seconds: Second[]): Cost {
  const cost: Cost = { event, requests: 0, failed: 0, slowest: 0, seconds: took, reasons: [] };
  const counts = new Map<string, number>();
  for (const { requests, failed, slowest, reasons } of seconds) {
    cost.requests += requests;
    cost.failed += failed;
    cost.slowest = Math.max(cost.slowest, slowest);
    for (const [reason, count] of Object.entries(reasons)) counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return { ...cost, reasons: [...counts].map(([reason, count]) => `${String(count)} x ${reason}`) };
}

/** Reads what the load has printed. Its last line may not be whole yet. */
export function secondsIn(log: string): Second[] {
  return log
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Second);
}
