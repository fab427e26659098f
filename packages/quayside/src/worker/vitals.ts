// How a worker's own process is: memory, event loop, garbage collection.
import { constants, monitorEventLoopDelay, PerformanceObserver, type IntervalHistogram } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Vitals } from '../stats/counts';
import { Histograms } from '../stats/histogram';

/** How often Node looks whether the event loop is late, in ms. */
const RESOLUTION_MS = 20;
/** For how long at least a value of the event loop's lag holds, in ms; for twice as long at most. */
const WINDOW_MS = 30_000;

const kinds: Record<number, string> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** @returns a function that says how this process is now */
export function createVitals(): () => Vitals {
  const gc = new Histograms();
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      gc.observe([kinds[kind] ?? 'other'], entry.duration / 1000);
    }
  }).observe({ entryTypes: ['gc'] });

  const monitor = () => {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    return histogram;
  };
  // Two, begun one window apart: the older is read, so that right after one is emptied nothing is forgotten.
  let older = monitor();
  let newer = monitor();
  setInterval(() => {
    older.reset();
    [older, newer] = [newer, older];
  }, WINDOW_MS).unref();

  let rss = 0;
  return () => {
    rss = residentSize() ?? rss;
    const { used_heap_size: heapUsed, total_heap_size: heapTotal, external_memory: external } = getHeapStatistics();
    return { rss, heapUsed, heapTotal, external, lag: lagOf(older), gc: gc.takeChanged() };
  };
}

/** @returns in bytes; undefined where this process has no descriptor left to read it with */
function residentSize(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

/** What Node measures is the time from one look to the next, in ns. */
function lagOf(histogram: IntervalHistogram): Vitals['lag'] {
  const late = (ns: number) => (histogram.count === 0 ? 0 : Math.max(0, ns / 1e6 - RESOLUTION_MS));
  return { mean: late(histogram.mean), p99: late(histogram.percentile(99)), max: late(histogram.max) };
}
