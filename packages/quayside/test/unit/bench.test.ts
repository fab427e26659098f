import request from 'supertest';
import { readAutocannon, readWrk } from '../../bench/compare/load';
import { parts, readOptions } from '../../bench/compare/options';
import { median, percentile, ratios, spread } from '../../bench/compare/statistics';
import { readerTable } from '../../bench/compare/tables';
import { held } from '../../bench/compare/targets';
import { createApp } from '../../bench/stacks/identidock';

describe('statistics', () => {
  test.each([
    [[], NaN],
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[-1, 10, 9], 9],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test.each([
    [0.5, 50],
    [0.99, 99],
    [0.999, 100],
    [0, 1],
  ])('percentile %d of 1 to 100 is %d', (q, expected) => {
    expect(
      percentile(
        Array.from({ length: 100 }, (_, index) => 100 - index),
        q,
      ),
    ).toBe(expected);
  });

  test('ratios are those of one round each', () => {
    expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
    expect(ratios([10, 30], [5])).toEqual([2, NaN]);
  });

  test('a spread is median, least and most; - where there is none', () => {
    expect(spread([3, 1, 2], 1)).toBe('2.0 (1.0-3.0)');
    expect([spread([], 1), spread([NaN, 1], 1)]).toEqual(['-', '-']);
  });
});

describe('what the load tools print', () => {
  test('wrk, by its script', () => {
    const output = `Running 1s test @ http://127.0.0.1:9090/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   826.62us  343.14us   7.89ms   94.57%
    Req/Sec    77.14k     5.08k   80.22k    90.00%
  76786 requests in 1.00s, 21.16MB read
Requests/sec:  76663.52
Transfer/sec:     21.13MB
{"requests":76786,"micros":1200000,"errors":2,"latencies":[826,1500,7890]}
`;
    const latencies = { sent: 76786 / 1.2, p50: 0.826, p99: 1.5, p999: 7.89 };
    expect(readWrk(output)).toEqual({ requests: 76786, seconds: 1.2, errors: 2, ...latencies });
  });

  test('autocannon', () => {
    const output = JSON.stringify({
      duration: 1.02,
      requests: { total: 9000, average: 8900 },
      latency: { average: 1.5, p50: 1, p99: 3, p99_9: 7 },
      errors: 1,
      timeouts: 2,
      non2xx: 3,
    });
    expect(readAutocannon(output)).toEqual({
      requests: 9000,
      seconds: 1.02,
      errors: 6,
      sent: 8900,
      p50: 1,
      p99: 3,
      p999: 7,
    });
  });
});

describe('options', () => {
  const stacks = [{ key: 'a' }, { key: 'b' }];

  test('without any, all is measured, and the page goes to docs/', () => {
    const expected = { command: 'npm run bench', only: ['a', 'b'], parts, neighbour: false, out: 'docs' };
    expect(readOptions([], stacks)).toMatchObject(expected);
    const command = 'npm run bench -- --neighbour';
    expect(readOptions(['--neighbour'], stacks)).toMatchObject({ ...expected, command, neighbour: true });
  });

  test.each([[['--rounds', '1']], [['--seconds', '1']], [['--only', 'b']], [['--part', 'stats']]])(
    '%j leaves docs/ alone',
    (args) => {
      expect(readOptions(args, stacks).out).toBeUndefined();
      expect(readOptions([...args, '--out', 'x'], stacks).out).toBe('x');
    },
  );

  test('parts are measured in their own order', () => {
    expect(readOptions(['--part', 'growth,stacks'], stacks).parts).toEqual(['stacks', 'growth']);
  });

  test.each([
    [['--rounds', '0'], '--rounds=0: expected a whole number from 1 to 999'],
    [['--seconds', 'x'], '--seconds=x: expected a whole number from 1 to 999'],
    [['--only', 'a,c'], '--only=c: expected some of a,b'],
    [['--part', 'stats,c'], '--part=c: expected some of stacks,'],
    [['--nosuch'], "Unknown option '--nosuch'"],
  ])('%j is an error', (args, message) => {
    expect(() => readOptions(args, stacks)).toThrow(message);
  });
});

describe('what is held against what', () => {
  type Report = Parameters<typeof held>[0];
  const windows = (...costs: number[]) => costs.map((cost) => ({ cost, rate: 1e6 / cost, errors: 0, memory: 1 }));
  const stacks = [{ key: 'log' }, { key: 'limit' }, { key: 'identidock' }];
  /** Wanted, measured and reached, by what is held. */
  const rowsOf = (report: object) => {
    const rows = held({ stacks, ...report } as unknown as Report)
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()));
    return Object.fromEntries(rows.slice(2).map((row) => [row[1] ?? '', row.slice(2, 5)]));
  };

  test('stacks by requests per CPU-second, round by round, on kept and on new connections', () => {
    const kept = [windows(10, 20, 40), windows(6, 12, 20), windows(10, 10, 10)];
    const anew = [windows(10, 20, 40), windows(8, 9, 10), windows(10, 10, 10)];
    const workloads = [
      { isNew: false, windows: kept },
      { isNew: true, windows: anew },
    ];
    expect(rowsOf({ compared: { workloads } })).toEqual({
      'with access log / the limit': ['at least 0.55', '0.60 (0.50-0.60)', 'yes'],
      'without / the limit': ['at least 0.75', '1.20 (0.60-2.00)', 'yes'],
      'without / the limit, new connections': ['at least 0.85', '0.90 (0.80-1.00)', 'yes'],
    });
  });

  test('a bound of the most, of each place that the log goes to', () => {
    const logs = [
      {
        workers: 2,
        windows: [
          { name: 'off', windows: windows(10, 10) },
          { name: 'local', windows: windows(11, 11) },
          { name: 'pipe', windows: windows(12, 12) },
        ],
      },
    ];
    expect(rowsOf({ logs })).toEqual({
      'CPU a request with access log / without, local, 2 workers': ['at most 1.15', '1.10 (1.10-1.10)', 'yes'],
      'CPU a request with access log / without, pipe, 2 workers': ['at most 1.15', '1.20 (1.20-1.20)', 'no'],
    });
  });

  test('memory, latency, pauses and the rest', () => {
    const memory = {
      log: [{ idle: 91, loaded: 150 }],
      off: [{ idle: 80, loaded: 120 }],
      cluster: [{ idle: 60, loaded: 100 }],
      kept: { own: [20], limit: [7] },
    };
    const latency = [{ latencies: [{ p99: 2, p999: 3 }] }, { latencies: [{ p99: 2, p999: 2 }] }];
    const own = windows(10).map((window) => ({ ...window, share: 2.5 }));
    const rest = {
      json: { own: windows(16), hashed: windows(10) },
      readers: { stats: windows(10), copy: windows(9.5), unread: windows(9) },
      pauses: { ms: [1, 21, 3] },
      policies: [
        { workers: 2, isNew: true, own, roundRobin: own },
        { workers: 2, isNew: false, own, roundRobin: own },
      ],
    };
    expect(Object.values(rowsOf({ memory, latency, ...rest }))).toEqual([
      ['at most 1.6', '1.60 (1.60-1.60)', 'yes'],
      ['at least 0.97', '0.95 (0.95-0.95)', 'no'],
      ['at most 90', '91.00 (91.00-91.00)', 'no'],
      ['at most 1.5', '1.50 (1.50-1.50)', 'yes'],
      ['at most 1.5', '1.20 (1.20-1.20)', 'yes'],
      ['at most 12', '13.00 (13.00-13.00)', 'no'],
      ['at most 1.2', '1.00 (1.00-1.00)', 'yes'],
      ['at most 1.2', '1.50 (1.50-1.50)', 'no'],
      ['at most 20', '21.00 (21.00-21.00)', 'no'],
      ['at least 0.9', '1.00 (1.00-1.00)', 'yes'],
      ['at most 2', '2.50 (2.50-2.50)', 'no'],
    ]);
  });

  test('a reader of a copy is held against none, and a reader of the stats against that', () => {
    const ofReader = (cost: number, read: number) => windows(cost).map((window) => ({ ...window, read, failed: 0 }));
    const rows = readerTable({ unread: ofReader(10, 0), copy: ofReader(20, 10), stats: ofReader(25, 9) }).split('\n');
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells.map(([, name, , cost, reads]) => [name, cost, reads])).toEqual(
      expect.arrayContaining([
        ['nobody reads', '10.0 (10.0-10.0)', '0 (0-0)'],
        ['`/metrics` is read', '25.0 (25.0-25.0)', '9 (9-9)'],
        ['a copy / nobody', '2.000 (2.000-2.000)', ''],
        ['`/metrics` / a copy', '1.250 (1.250-1.250)', ''],
      ]),
    );
  });
});

test('the service of the comparison answers 14 bytes, and some 10 KB', async () => {
  const [hello, json] = [await request(createApp()).get('/'), await request(createApp()).get('/json')];
  expect(hello.text).toHaveLength(14);
  expect(json.text.length / 1000).toBeCloseTo(10, -1);
});
