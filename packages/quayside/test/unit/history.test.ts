import { createHistory, SAMPLE_MS, sampleOf } from '../../src/stats/history';
import type { Snapshot } from '../../src/stats/snapshot';
import { busy, cheap, histogramOf, snapshot } from './snapshot';

const before: Snapshot = {
  ...snapshot,
  at: 10_000,
  uptime: 1000,
  durations: [histogramOf(['GET', '/', '2xx'], 50, 50, 50), histogramOf(['GET', '/', '5xx'], 50)],
};

test('a sample is of what was between two snapshots', () => {
  const after: Snapshot = {
    ...snapshot,
    at: 12_000,
    uptime: 3000,
    workers: [busy, { ...cheap, rss: 7 }],
    durations: [
      histogramOf(['GET', '/', '2xx'], 50, 50, 50, 0.3, 0.3),
      histogramOf(['GET', '/', '5xx'], 50, 0.3),
      histogramOf(['GET', '/new', '4xx'], 0.3, 0.3, 0.3, 0.3, 0.3, 0.3),
      histogramOf(['PUT', '/', '4xx'], 0.3),
    ],
  };
  // Ten between 250 and 500 ms, as far as the buckets tell.
  expect(sampleOf(before, after)).toEqual({
    at: 12_000,
    requests: 5,
    p50: 375,
    p95: 487.5,
    p99: 497.5,
    clientErrors: 3.5,
    serverErrors: 0.5,
    rss: [50_000_000, 7],
  });
});

test('rates are rounded to hundredths', () => {
  const after = { ...before, uptime: 4000, durations: [...before.durations, histogramOf(['GET', '/b', '2xx'], 1)] };
  expect(sampleOf(before, after).requests).toBe(0.33);
});

test('where there was no answer, there are no times of any', () => {
  expect(sampleOf(before, { ...before, uptime: 3000 })).toMatchObject({
    requests: 0,
    p50: null,
    p95: null,
    p99: null,
    clientErrors: 0,
    serverErrors: 0,
  });
});

test('before the first request, too', () => {
  expect(sampleOf({ ...before, durations: [] }, { ...before, uptime: 3000, durations: [] })).toMatchObject({
    requests: 0,
    p50: null,
  });
});

test.each([-60_000, 3_600_000])('a clock that went by %d ms meanwhile changes no rate', (ms) => {
  const durations = [...before.durations, histogramOf(['GET', '/b', '4xx'], 1)];
  const after = { ...before, at: before.at + ms, uptime: before.uptime + 2000, durations };
  expect(sampleOf(before, after)).toMatchObject({ requests: 0.5, clientErrors: 0.5 });
});

test('all numbers are finite where no time has passed', () => {
  const after = {
    ...before,
    durations: [...before.durations, histogramOf(['GET', '/b', '4xx'], 1)],
  };
  const { p50, p95, p99, requests, clientErrors, serverErrors } = sampleOf(before, after);
  for (const value of [p50, p95, p99, requests, clientErrors, serverErrors]) expect(value).toEqual(expect.any(Number));
  for (const value of [requests, clientErrors, serverErrors]) {
    expect(Number.isFinite(value)).toBe(true);
    expect(value).toBeGreaterThanOrEqual(0);
  }
});

describe('history', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.clearAllTimers();
    jest.useRealTimers();
  });

  test('a sample is taken every two seconds, each from the last, oldest first', () => {
    let requests = 0;
    const read = jest.fn((): Snapshot => ({
      ...snapshot,
      uptime: performance.now(),
      durations: [histogramOf(['GET', '/', '2xx'], ...new Array<number>(requests).fill(1))],
    }));
    const samples = createHistory(read);
    expect(samples()).toEqual([]);
    requests = 4;
    jest.advanceTimersByTime(2000);
    requests = 6;
    jest.advanceTimersByTime(2000);
    expect(samples().map((sample) => sample.requests)).toEqual([2, 1]);
    expect(read).toHaveBeenCalledTimes(3);
    expect(SAMPLE_MS).toBe(2000);
  });

  test('samples of five minutes are kept', () => {
    const samples = createHistory(() => ({ ...snapshot, at: Date.now() }));
    const start = Date.now();
    jest.advanceTimersByTime(10 * 60_000);
    const times = samples().map(({ at }) => at - start);
    expect([times.length, times[0], times.at(-1)]).toEqual([150, 5 * 60_000 + SAMPLE_MS, 10 * 60_000]);
  });
});
