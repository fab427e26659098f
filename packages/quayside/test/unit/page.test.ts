import { fileOf, formatPage } from '../../src/stats/page';
import { sampleOf } from '../../src/stats/history';
import { snapshot } from './snapshot';

test('the data has what the page draws', () => {
  const samples = [sampleOf(snapshot, snapshot)];
  expect(JSON.parse(formatPage(snapshot, samples))).toEqual({
    name: 'identidock',
    version: '1.2.3',
    node: 'v26.0.0',
    interval: 2000,
    samples,
    workers: [
      {
        id: 1,
        pid: 20,
        status: 'busy',
        inFlight: 3,
        requests: 12,
        exceptions: 5,
        harakiris: 13,
        spawns: 14,
        spawnedAt: 1_700_000_000_999,
        rss: 50_000_000,
        heapUsed: 16_000_000,
        lag: 19,
      },
      {
        id: 2,
        pid: 0,
        status: 'cheap',
        inFlight: 0,
        requests: 0,
        exceptions: 0,
        harakiris: 0,
        spawns: 0,
        spawnedAt: 0,
        rss: 0,
        heapUsed: 0,
        lag: 0,
      },
    ],
  });
});

test('a blocked worker is shown as one', () => {
  const workers = snapshot.workers.map((worker) => ({ ...worker, status: 'blocked' as const }));
  expect(JSON.parse(formatPage({ ...snapshot, workers }, []))).toMatchObject({ workers: [{ status: 'blocked' }, {}] });
});

test.each([
  ['/', 'text/html; charset=utf-8'],
  ['/page/page.css', 'text/css; charset=utf-8'],
  ['/page/page.js', 'text/javascript; charset=utf-8'],
  ['/page/uplot.css', 'text/css; charset=utf-8'],
  ['/page/uplot.js', 'text/javascript; charset=utf-8'],
])('%s is a file', async (path, type) => {
  const file = await fileOf(path);
  expect(file?.type).toBe(type);
  expect(file?.body.length).toBeGreaterThan(100);
});

test.each(['', '/page/', '/page/../page.ts', '/page/page.html', 'toString', '__proto__'])(
  '%j is none',
  async (path) => {
    expect(await fileOf(path)).toBeUndefined();
  },
);
