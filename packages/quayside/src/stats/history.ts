// Samples of the last minutes, for the page's charts.
import { BOUNDS, Histograms, quantile } from './histogram';
import type { Snapshot } from './snapshot';

/** How often a sample is taken, in ms. */
export const SAMPLE_MS = 2000;
/** Number of samples kept: five minutes. */
const MAX_SAMPLES = 150;

/** What happened between two snapshots. */
export interface Sample {
  /** When it ended, in ms since the epoch. */
  at: number;
  /** Requests answered per second. */
  requests: number;
  /** Estimated response times, in ms; null if there was no response. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** 4xx and 5xx responses per second. */
  clientErrors: number;
  serverErrors: number;
  /** Resident size at the end, in bytes, by worker. */
  rss: number[];
}

/** Computes what happened between two snapshots. */
export function sampleOf(before: Snapshot, after: Snapshot): Sample {
  const seconds = Math.max(after.uptime - before.uptime, 1) / 1000;
  /** @returns the buckets of all responses of a status class, or of all classes */
  const bucketsOf = ({ durations }: Snapshot, status?: string) =>
    new Histograms()
      .add(
        durations
          .filter(({ labels }) => status === undefined || labels[2] === status)
          .map((one) => ({ ...one, labels: [] })),
      )
      .all()[0]?.buckets ?? new Array<number>(BOUNDS.length + 1).fill(0);
  const between = (status?: string) => {
    const earlier = bucketsOf(before, status);
    return bucketsOf(after, status).map((count, index) => count - (earlier[index] ?? 0));
  };
  const rate = (buckets: number[]) =>
    Math.round((buckets.reduce((sum, count) => sum + count, 0) / seconds) * 100) / 100;
  const all = between();
  const ms = (q: number) => {
    const estimate = quantile(all, q);
    return Number.isNaN(estimate) ? null : Math.round(estimate * 1e5) / 100;
  };
  return {
    at: after.at,
    requests: rate(all),
    p50: ms(0.5),
    p95: ms(0.95),
    p99: ms(0.99),
    clientErrors: rate(between('4xx')),
    serverErrors: rate(between('5xx')),
    rss: after.workers.map(({ rss }) => rss),
  };
}

/**
 * Starts taking samples.
 * @returns a function that returns those of the last minutes, oldest first
 */
export function createHistory(read: () => Snapshot): () => Sample[] {
  const samples: Sample[] = [];
  let last = read();
  setInterval(() => {
    const now = read();
    samples.push(sampleOf(last, now));
    if (samples.length > MAX_SAMPLES) samples.shift();
    last = now;
  }, SAMPLE_MS).unref();
  return () => samples;
}
