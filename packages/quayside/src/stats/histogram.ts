// Durations counted in buckets, as in Prometheus, which can be added up over workers and time.

/**
 * The upper bounds of the buckets, in seconds, from below the fastest response up to the default of REQUEST_TIMEOUT. One
 * more bucket takes longer durations.
 */
export const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Combinations of labels beyond this are counted as one, so that neither memory nor responses grow without limit. */
export const MAX_SERIES = 1000;
const OTHER = '(other)';

/** The durations of one combination of labels. */
export interface Histogram {
  /** Values of the labels; the names are the same for all histograms of a kind. */
  labels: string[];
  /** Count of each bucket: not cumulative, and one more than BOUNDS. */
  buckets: number[];
  /** In seconds. */
  sum: number;
}

/** @returns the histograms in a value that may be anything */
export function histogramsIn(given: unknown): Histogram[] {
  const isOne = (one: Partial<Histogram> | null) => Array.isArray(one?.labels) && Array.isArray(one.buckets);
  return Array.isArray(given) ? (given as Histogram[]).filter(isOne) : [];
}

/** A tree with one level per label: a lookup is cheaper than building a combined key. */
interface Node {
  next: Map<string, Node>;
  histogram?: Histogram;
}

/** Histograms of one kind, by their labels. */
export class Histograms {
  private readonly series: Histogram[] = [];
  private readonly root: Node = { next: new Map() };
  private readonly changed = new Set<Histogram>();

  /** Counts a duration in seconds. */
  observe(labels: string[], seconds: number): void {
    const histogram = this.of(labels);
    let index = 0;
    while (seconds > (BOUNDS[index] ?? Infinity)) index += 1;
    histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
    histogram.sum += seconds;
    this.changed.add(histogram);
  }

  /** Adds the counts of others. */
  add(others: Iterable<Histogram>): this {
    for (const { labels, buckets, sum } of others) {
      const histogram = this.of(labels);
      histogram.buckets = histogram.buckets.map((count, index) => count + (buckets[index] ?? 0));
      histogram.sum += sum;
    }
    return this;
  }

  /** Replaces its totals with newer ones. */
  replace(newer: Iterable<Histogram>): void {
    for (const { labels, buckets, sum } of newer) Object.assign(this.of(labels), { buckets, sum });
  }

  /** @returns those that were observed since the last call, each with its totals */
  takeChanged(): Histogram[] {
    const taken = [...this.changed];
    this.changed.clear();
    return taken;
  }

  all(): Histogram[] {
    return [...this.series];
  }

  private of(labels: string[]): Histogram {
    let found: Node | undefined = this.root;
    for (const label of labels) found = found?.next.get(label);
    if (found?.histogram !== undefined) return found.histogram;

    if (this.series.length >= MAX_SERIES && labels[0] !== OTHER) return this.of(labels.map(() => OTHER));
    const histogram = { labels, buckets: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
    let node = this.root;
    for (const label of labels) {
      const next: Node = node.next.get(label) ?? { next: new Map() };
      node.next.set(label, next);
      node = next;
    }
    node.histogram = histogram;
    this.series.push(histogram);
    return histogram;
  }
}

/** @returns the total count of buckets */
export function countOf(buckets: number[]): number {
  return buckets.reduce((sum, count) => sum + count, 0);
}

/**
 * Estimates a quantile like Prometheus' histogram_quantile(): evenly spread within its bucket, and at most the last bound.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 * @param q - from 0 to 1
 * @returns seconds; NaN if nothing was counted
 */
export function quantile(buckets: number[], q: number): number {
  let rank = q * countOf(buckets);
  if (rank === 0) return NaN;
  for (const [index, bound] of BOUNDS.entries()) {
    const count = buckets[index] ?? 0;
    const from = BOUNDS[index - 1] ?? 0;
    if (rank <= count) return from + ((bound - from) * rank) / count;
    rank -= count;
  }
  return BOUNDS.at(-1) ?? NaN;
}
