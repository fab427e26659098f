// A snapshot for the tests of what is printed of it. No two of its numbers are the same, so that none can stand in
// another's place.
import { BOUNDS, Histograms, type Histogram } from '../../src/stats/histogram';
import type { Snapshot, WorkerSnapshot } from '../../src/stats/snapshot';
import { noCounts, noVitals } from '../../src/stats/counts';

/** Durations in seconds, counted as one. */
export function histogramOf(labels: string[], ...seconds: number[]): Histogram {
  const histograms = new Histograms();
  for (const each of seconds) histograms.observe(labels, each);
  return histograms.all()[0] ?? { labels, buckets: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
}

/** A slot that never had a process. */
export const cheap: WorkerSnapshot = {
  id: 2,
  pid: 0,
  status: 'cheap',
  accepting: false,
  counts: noCounts(),
  deltaRequests: 0,
  harakiris: 0,
  spawns: 0,
  spawnedAt: 0,
  startupMs: 0,
  rss: 0,
  vsz: 0,
  vitals: noVitals,
  gc: [],
};

export const busy: WorkerSnapshot = {
  id: 1,
  pid: 20,
  status: 'busy',
  accepting: true,
  counts: {
    requests: 12,
    inFlight: 3,
    timeouts: 4,
    exceptions: 5,
    readErrors: 6,
    writeErrors: 7,
    sent: 8000,
    runningTime: 9_000_001,
    dropped: 1002,
    averageTime: 1001,
  },
  deltaRequests: 2,
  harakiris: 13,
  spawns: 14,
  spawnedAt: 1_700_000_000_999,
  startupMs: 15_999,
  rss: 50_000_000,
  vsz: 900_000_000,
  vitals: {
    rss: 49_000_000,
    heapUsed: 16_000_000,
    heapTotal: 17_000_000,
    external: 18_000_000,
    lag: { mean: 1.5, p99: 19, max: 200 },
    gc: [],
  },
  gc: [histogramOf(['minor'], 0.002, 0.002)],
};

export const snapshot: Snapshot = {
  at: 1_700_000_060_000,
  uptime: 61_000,
  name: 'identidock',
  version: '1.2.3',
  nodeVersion: 'v26.0.0',
  pid: 21,
  uid: 1000,
  gid: 1002,
  dropped: 1003,
  cwd: '/srv',
  socket: { name: '0.0.0.0:9090', queue: 22, maxQueue: 511 },
  workers: [busy, cheap],
  serviceMetrics: [],
  durations: [
    histogramOf(['GET', '/users/:id', '2xx'], 0.0005, 0.004, 0.004, 0.2),
    histogramOf(['POST', '/users', '5xx'], 61),
  ],
};
