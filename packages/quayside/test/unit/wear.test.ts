import { isBlocked, isStuck, wearOf } from '../../src/primary/wear';
import { noCounts, noVitals } from '../../src/stats/counts';
import { BEAT_MS } from '../../src/worker/messages';

test('blocked is who has missed HARAKIRI seconds of beats, and one for those that only come late', () => {
  const beats = 2000 / BEAT_MS;
  expect(isBlocked({ missed: beats + 1 }, { HARAKIRI: 2 })).toBe(false);
  expect(isBlocked({ missed: beats + 2 }, { HARAKIRI: 2 })).toBe(true);
  expect(isBlocked({ missed: 1e6 }, { HARAKIRI: 0 })).toBe(false);
});

test('stuck is who has not beaten for a second', () => {
  expect(isStuck({ missed: 1000 / BEAT_MS })).toBe(false);
  expect(isStuck({ missed: 1000 / BEAT_MS + 1 })).toBe(true);
});

const fresh = {
  reason: undefined,
  counts: { ...noCounts(), requests: 100 },
  vitals: { ...noVitals, rss: 100 * 1024 ** 2 },
  jitter: 1.1,
};
const off = { MAX_REQUESTS: 0, RELOAD_ON_RSS: 0 };

test.each([
  [fresh, off, undefined],
  [{ ...fresh, reason: 'uncaught exception' }, off, 'uncaught exception'],
  [fresh, { ...off, MAX_REQUESTS: 90 }, 'MAX_REQUESTS=90'],
  [fresh, { ...off, MAX_REQUESTS: 91 }, undefined],
  [fresh, { ...off, RELOAD_ON_RSS: 90 }, 'RELOAD_ON_RSS=90 MB'],
  [fresh, { ...off, RELOAD_ON_RSS: 91 }, undefined],
])('%j under %j: %j', (worker, limits, expected) => {
  expect(wearOf(worker, limits)).toBe(expected);
});
