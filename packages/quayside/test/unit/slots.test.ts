import { createSlots, inState, occupy, vacate, type Slot } from '../../src/primary/slots';
import { takeSnapshot } from '../../src/primary/snapshot';
import type { WorkerHandle } from '../../src/primary/handle';
import { Histograms } from '../../src/stats/histogram';
import { noCounts, noVitals } from '../../src/stats/counts';
import { NO_METRICS } from '../../src/stats/service-metrics';
import { histogramOf } from './snapshot';

const config = { HOST: '127.0.0.1', PORT: 9090 };
const service = { name: 'identidock', version: '1.2.3' };

// No process has so great a number.
const PID = 2 ** 30;

/** A slot, and what puts a worker into it. */
function slotWith() {
  const [slot] = createSlots(1) as [Slot];
  const put = (state: WorkerHandle['state'], counts: Partial<WorkerHandle['counts']> = {}) => {
    const worker = {
      state,
      spawnedAt: 1000,
      startupMs: 20,
      missed: 0,
      counts: { ...noCounts(), ...counts },
      durations: new Histograms(),
      vitals: noVitals,
      gc: new Histograms(),
      serviceMetrics: NO_METRICS,
      child: { process: { pid: PID } },
    } as unknown as WorkerHandle;
    occupy(slot, worker);
    return worker;
  };
  return { slot, put };
}

test('each failed start in a row doubles the wait, from half a second to half a minute', () => {
  const { slot, put } = slotWith();
  const now = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
  const waits = Array.from({ length: 9 }, () => {
    vacate(slot, put('starting'));
    return slot.notBefore - 1_000_000;
  });
  now.mockRestore();
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('one that has served waits for nothing', () => {
  const { slot, put } = slotWith();
  vacate(slot, put('serving'));
  expect([slot.failures, slot.notBefore]).toEqual([0, 0]);
});

test('no count goes back while one process takes the place of another', () => {
  const { slot, put } = slotWith();
  const requests = () => takeSnapshot([slot], config, service).workers[0]?.counts.requests;
  const old = put('serving', { requests: 5, timeouts: 1 });
  expect(requests()).toBe(5);
  put('serving', { requests: 2, inFlight: 1 });
  old.state = 'draining';
  old.counts = { ...noCounts(), requests: 6, timeouts: 1 };
  expect(requests()).toBe(8);
  vacate(slot, old);
  expect(takeSnapshot([slot], config, service).workers).toMatchObject([
    {
      counts: { requests: 8, inFlight: 1, timeouts: 1 },
      deltaRequests: 2,
      spawns: 2,
      accepting: true,
      pid: PID,
      spawnedAt: 1000,
    },
  ]);
});

test('a slot whose process drains shows it, and has none that accepts', () => {
  const { slot, put } = slotWith();
  put('draining');
  expect(inState(slot, 'serving')).toBeUndefined();
  expect(takeSnapshot([slot], config, service).workers).toMatchObject([
    { accepting: false, pid: PID, spawnedAt: 1000 },
  ]);
});

test('no duration is lost while one process takes the place of another', () => {
  const { slot, put } = slotWith();
  const old = put('draining');
  old.durations.replace([histogramOf(['GET', '/', '2xx'], 1, 1)]);
  old.gc.replace([histogramOf(['minor'], 1)]);
  const worker = put('serving');
  worker.durations.replace([histogramOf(['GET', '/', '2xx'], 1), histogramOf(['GET', '/', '5xx'], 1)]);
  worker.gc.replace([histogramOf(['minor'], 1)]);
  const expected = [histogramOf(['GET', '/', '2xx'], 1, 1, 1), histogramOf(['GET', '/', '5xx'], 1)];
  for (const step of ['before', 'after']) {
    if (step === 'after') vacate(slot, old);
    const { durations, workers } = takeSnapshot([slot], config, service);
    expect(durations).toEqual(expected);
    expect(workers[0]?.gc).toEqual([histogramOf(['minor'], 1, 1)]);
  }
});

test('what was in flight ends with its process, and the average is the latest', () => {
  const { slot, put } = slotWith();
  vacate(slot, put('serving', { requests: 1, inFlight: 3, averageTime: 5 }));
  const worker = put('serving');
  const counts = () => takeSnapshot([slot], config, service).workers[0]?.counts;
  expect(counts()).toMatchObject({ inFlight: 0, averageTime: 5 });
  worker.counts = { ...noCounts(), averageTime: 9 };
  expect(counts()).toMatchObject({ averageTime: 9 });
});

test.each([
  ['idle', 'serving', 0, 2, true],
  ['busy', 'serving', 1, 2, true],
  ['blocked', 'serving', 1, 3, false],
  ['busy', 'draining', 1, 0, false],
] as const)('a worker is %s', (status, state, inFlight, missed, accepting) => {
  const { slot, put } = slotWith();
  put(state, { inFlight }).missed = missed;
  expect(takeSnapshot([slot], config, service).workers).toMatchObject([{ status, accepting }]);
});

test('a slot without a process is cheap', () => {
  expect(takeSnapshot(createSlots(1), config, service).workers).toMatchObject([
    { status: 'cheap', pid: 0, spawnedAt: 0, accepting: false },
  ]);
});

test('the service, the primary and the socket are in it', () => {
  expect(takeSnapshot([], config, service)).toMatchObject({
    ...service,
    pid: process.pid,
    nodeVersion: process.version,
    cwd: process.cwd(),
    socket: { name: '127.0.0.1:9090' },
  });
});
