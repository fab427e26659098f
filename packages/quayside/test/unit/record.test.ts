import type { Outcome } from '../../src/http/outcome';
import { noCounts, type Counts } from '../../src/stats/counts';
import type { Histogram } from '../../src/stats/histogram';
import { createRecorder } from '../../src/worker/record';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const outcome: Outcome = { method: 'GET', route: '/', status: 200, bytes: 100, ms: 10, cut: undefined };

/** A recorder, and what it has sent. Copies, as a channel between processes makes them. */
function record() {
  const sent: { counts: Counts; durations: Histogram[] }[] = [];
  const recorder = createRecorder((counts, durations, then) => {
    sent.push(structuredClone({ counts, durations }));
    then?.();
  });
  const request = (more: Partial<Outcome> = {}) => {
    recorder.onRequest();
    recorder.onEnd({ ...outcome, ...more });
  };
  /** The last that was sent, when all has been. */
  const last = () => {
    jest.runOnlyPendingTimers();
    return sent.at(-1) ?? { counts: noCounts(), durations: [] };
  };
  return { recorder, request, sent, last };
}

test('a thousand requests at once are one message', () => {
  const { request, sent } = record();
  for (let count = 0; count < 1000; count += 1) request();
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(1000);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    counts: { requests: 1000, inFlight: 0 },
    durations: [{ labels: ['GET', '/', '2xx'] }],
  });
});

test('what a second holds are ten messages at most', () => {
  const { request, sent } = record();
  for (let ms = 0; ms < 1000; ms += 1) {
    request();
    jest.advanceTimersByTime(1);
  }
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.length).toBeLessThanOrEqual(10);
});

test('where nothing happens, nothing is sent', () => {
  const { request, sent } = record();
  jest.advanceTimersByTime(60_000);
  expect(sent).toEqual([]);
  request();
  jest.advanceTimersByTime(60_000);
  expect(sent).toHaveLength(1);
});

test('a later message has the totals of all counts, and of those durations that have changed', () => {
  const { request, last } = record();
  request({ route: '/a' });
  request({ route: '/b' });
  last();
  request({ route: '/b' });
  const { counts, durations } = last();
  expect(counts.requests).toBe(3);
  expect(durations).toMatchObject([{ labels: ['GET', '/b', '2xx'], sum: 0.02 }]);
});

test('a request is in flight until its end', () => {
  const { recorder, last } = record();
  recorder.onRequest();
  recorder.onRequest();
  expect(last().counts).toEqual({ ...noCounts(), inFlight: 2 });
  recorder.onEnd(outcome);
  expect(last().counts).toMatchObject({ inFlight: 1, requests: 1 });
});

test('bytes and times add up, times in whole microseconds', () => {
  const { request, last } = record();
  request({ bytes: 100, ms: 1.0004 });
  request({ bytes: 23, ms: 2.0006 });
  expect(last().counts).toMatchObject({ sent: 123, runningTime: 3001 });
});

test('in the average, each request counts as much as all before it', () => {
  const { request, last } = record();
  request({ ms: 8 });
  expect(last().counts.averageTime).toBe(8000);
  request({ ms: 2 });
  expect(last().counts.averageTime).toBe(5000);
  request({ ms: 1.001 });
  expect(last().counts.averageTime).toBe(3001);
});

test.each([
  ['a cut request', { cut: 'request' }, { readErrors: 1, writeErrors: 0 }],
  ['a cut answer', { cut: 'answer' }, { readErrors: 0, writeErrors: 1 }],
  ['a whole answer', {}, { readErrors: 0, writeErrors: 0 }],
] as const)('%s', (_, more, expected) => {
  const { request, last } = record();
  request(more);
  expect(last().counts).toMatchObject({ requests: 1, ...expected });
});

test.each([
  ['onTimeout', { timeouts: 1 }],
  ['onException', { exceptions: 1 }],
  ['onUnparsed', { readErrors: 1 }],
] as const)('%s is counted, and sent', (name, expected) => {
  const { recorder, last } = record();
  recorder[name]();
  expect(last().counts).toEqual({ ...noCounts(), ...expected });
});

test.each([
  ['GET', 200, ['GET', '/', '2xx']],
  ['DELETE', 404, ['DELETE', '/', '4xx']],
  ['HEAD', 304, ['HEAD', '/', '3xx']],
  ['PROPFIND', 503, ['OTHER', '/', '5xx']],
  ['get', 500, ['OTHER', '/', '5xx']],
])('%s with %d is counted as %j', (method, status, labels) => {
  const { request, last } = record();
  request({ method, status, ms: 250 });
  expect(last().durations).toMatchObject([{ labels, sum: 0.25 }]);
});

test('flush() sends at once, and no second time', () => {
  const { recorder, request, sent } = record();
  request();
  const then = jest.fn();
  recorder.flush(then);
  expect(sent).toMatchObject([{ counts: { requests: 1 }, durations: [{ sum: 0.01 }] }]);
  expect(then).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(1000);
  expect(sent).toHaveLength(1);
});
