// Medians, spreads and ratios of measurements in rounds.

/**
 * @param q - from 0 to 1
 * @returns the quantile by nearest rank; NaN if there are no values
 */
export function percentile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN;
}

/** @returns the median; of an even number of values, the mean of the middle two; NaN if there are none */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [below = NaN, above = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (below + above) / 2;
}

/** @returns the ratios within each round, because the machine's other work changes between rounds */
export function ratios(ones: number[], others: number[]): number[] {
  return ones.map((one, round) => one / (others[round] ?? NaN));
}

/** @returns the median, with minimum and maximum in parentheses; - if nothing was measured */
export function spread(values: number[], digits: number): string {
  if (values.length === 0 || values.some(Number.isNaN)) return '-';
  const text = (value: number) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}-${text(Math.max(...values))})`;
}
