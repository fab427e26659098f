// The state of a worker's process: memory, event loop, garbage collection.
import { constants, monitorEventLoopDelay, PerformanceObserver, type IntervalHistogram } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Vitals } from '../stats/counts';
import { Histograms } from '../stats/histogram';

/** How often Node samples the event loop's delay, in ms. */
const RESOLUTION_MS = 20;
/** Minimum time that a value of the event loop's lag covers, in ms; at most twice that. */
const WINDOW_MS = 30_000;

const kinds: Record<number, string> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** @returns a function that returns the current state of this process */
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
  // Two histograms, started one window apart: the older one is read, so a reset never loses recent values.
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

/** @returns the size in bytes; undefined if this process has no file descriptor left to read it */
function residentSize(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

/** @returns the lag. Node measures the time between samples, in ns */
function lagOf(histogram: IntervalHistogram): Vitals['lag'] {
  const late = (ns: number) => (histogram.count === 0 ? 0 : Math.max(0, ns / 1e6 - RESOLUTION_MS));
  return { mean: late(histogram.mean), p99: late(histogram.percentile(99)), max: late(histogram.max) };
}
