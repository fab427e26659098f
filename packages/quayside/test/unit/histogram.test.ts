import { BOUNDS, countOf, Histograms, MAX_SERIES, quantile } from '../../src/stats/histogram';

/** Buckets of which those at some bounds are not empty; Infinity is the last one's. */
function bucketsWith(...counts: [bound: number, count: number][]): number[] {
  const buckets = new Array<number>(BOUNDS.length + 1).fill(0);
  for (const [bound, count] of counts) buckets[bound === Infinity ? BOUNDS.length : BOUNDS.indexOf(bound)] = count;
  return buckets;
}

test('bounds ascend, from half a millisecond to a minute', () => {
  expect([...BOUNDS].sort((a, b) => a - b)).toEqual(BOUNDS);
  expect([BOUNDS[0], BOUNDS.at(-1)]).toEqual([0.0005, 60]);
});

test.each([
  [0, 0.0005],
  [0.0005, 0.0005],
  [0.00051, 0.001],
  [1, 1],
  [1.000001, 2.5],
  [60, 60],
  [60.1, Infinity],
])('%d s falls into the bucket up to %d', (seconds, bound) => {
  const histograms = new Histograms();
  histograms.observe(['a'], seconds);
  expect(histograms.all()).toEqual([{ labels: ['a'], buckets: bucketsWith([bound, 1]), sum: seconds }]);
});

test('durations are counted by their labels', () => {
  const histograms = new Histograms();
  histograms.observe(['a', 'b'], 1);
  histograms.observe(['a', 'c'], 2);
  histograms.observe(['a', 'b'], 4);
  expect(histograms.all()).toEqual([
    { labels: ['a', 'b'], buckets: bucketsWith([1, 1], [5, 1]), sum: 5 },
    { labels: ['a', 'c'], buckets: bucketsWith([2.5, 1]), sum: 2 },
  ]);
});

test('add() adds to what it has, and leaves what it was given alone', () => {
  const given = [
    { labels: ['a'], buckets: bucketsWith([1, 2]), sum: 2 },
    { labels: ['b'], buckets: bucketsWith([5, 1]), sum: 5 },
  ];
  const histograms = new Histograms().add(given).add(given);
  histograms.observe(['a'], 1);
  expect(histograms.all()).toEqual([
    { labels: ['a'], buckets: bucketsWith([1, 5]), sum: 5 },
    { labels: ['b'], buckets: bucketsWith([5, 2]), sum: 10 },
  ]);
  expect(given[0]).toEqual({ labels: ['a'], buckets: bucketsWith([1, 2]), sum: 2 });
});

test('replace() takes totals in place of those that it has, and keeps the others', () => {
  const histograms = new Histograms();
  histograms.observe(['a'], 1);
  histograms.observe(['b'], 1);
  histograms.replace([
    { labels: ['a'], buckets: bucketsWith([5, 9]), sum: 45 },
    { labels: ['c'], buckets: bucketsWith([1, 3]), sum: 3 },
  ]);
  expect(histograms.all()).toEqual([
    { labels: ['a'], buckets: bucketsWith([5, 9]), sum: 45 },
    { labels: ['b'], buckets: bucketsWith([1, 1]), sum: 1 },
    { labels: ['c'], buckets: bucketsWith([1, 3]), sum: 3 },
  ]);
});

test('takeChanged() gives those that have changed, with their totals', () => {
  const histograms = new Histograms();
  expect(histograms.takeChanged()).toEqual([]);
  histograms.observe(['a'], 1);
  histograms.observe(['b'], 1);
  expect(histograms.takeChanged().map(({ labels }) => labels)).toEqual([['a'], ['b']]);
  expect(histograms.takeChanged()).toEqual([]);
  histograms.observe(['b'], 1);
  expect(histograms.takeChanged()).toEqual([{ labels: ['b'], buckets: bucketsWith([1, 2]), sum: 2 }]);
});

test('too many combinations of labels become one', () => {
  const histograms = new Histograms();
  for (let index = 0; index < MAX_SERIES + 5; index += 1) histograms.observe(['GET', `/${String(index)}`], 1);
  histograms.observe(['GET', '/0'], 1);
  expect(histograms.all()).toHaveLength(MAX_SERIES + 1);
  expect(histograms.all()[0]).toMatchObject({ labels: ['GET', '/0'], sum: 2 });
  expect(histograms.all().at(-1)).toEqual({ labels: ['(other)', '(other)'], buckets: bucketsWith([1, 5]), sum: 5 });
});

test('what a full one tells, another takes as it is', () => {
  const worker = new Histograms();
  for (let index = 0; index < MAX_SERIES + 5; index += 1) worker.observe(['GET', `/${String(index)}`], 1);
  const primary = new Histograms();
  primary.replace(worker.takeChanged());
  expect(primary.all()).toEqual(worker.all());
});

test('countOf() is the sum of the buckets', () => {
  expect(countOf(bucketsWith([0.0005, 1], [1, 2], [Infinity, 4]))).toBe(7);
});

test.each([
  ['the middle of one bucket', bucketsWith([1, 10]), 0.5, 0.75],
  ['the end of one bucket', bucketsWith([1, 10]), 1, 1],
  ['the lowest bucket, from 0', bucketsWith([0.0005, 10]), 0.5, 0.00025],
  // 4 and 4: the 75th of a hundred is half way into the second, from 0.25 to 0.5.
  ['the second bucket', bucketsWith([0.1, 4], [0.5, 4]), 0.75, 0.375],
  ['the border of two', bucketsWith([0.1, 4], [0.5, 4]), 0.5, 0.1],
  ['the last bucket, which has no end', bucketsWith([1, 1], [Infinity, 9]), 0.95, 60],
])('a quantile in %s', (_, buckets, q, expected) => {
  expect(quantile(buckets, q)).toBeCloseTo(expected, 12);
});

test('a quantile of nothing is no number', () => {
  expect(quantile(bucketsWith(), 0.5)).toBeNaN();
});
