// The last minutes, as the page draws them.
import { BOUNDS, Histograms, quantile } from './histogram';
import type { Snapshot } from './snapshot';

/** How often a sample is taken, in ms. */
export const SAMPLE_MS = 2000;
/** How many are kept: five minutes. */
const MAX_SAMPLES = 150;

/** What was between two snapshots. */
export interface Sample {
  /** When it ended, in ms since the epoch. */
  at: number;
  /** Requests answered a second. */
  requests: number;
  /** Estimates of how long an answer took, in ms; null where there was none. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** Answers 4xx and 5xx a second. */
  clientErrors: number;
  serverErrors: number;
  /** Resident size at the end, in bytes, by worker. */
  rss: number[];
}

/** Works out what was between two snapshots. */
export function sampleOf(before: Snapshot, after: Snapshot): Sample {
  const seconds = Math.max(after.uptime - before.uptime, 1) / 1000;
  /** The buckets of all answers of a class; of any, where it is undefined. */
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
 * Begins to take samples.
 * @returns a function that says those of the last minutes, oldest first
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
