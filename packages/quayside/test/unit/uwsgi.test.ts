import { formatUwsgi } from '../../src/stats/uwsgi';
import { busy, cheap, snapshot } from './snapshot';

test("the document has uWSGI's names, units and order", () => {
  const app = { id: 0, modifier1: 0, mountpoint: '', startup_time: 15, requests: 12, exceptions: 5, chdir: '' };
  const core = {
    id: 0,
    requests: 12,
    static_requests: 0,
    routed_requests: 0,
    offloaded_requests: 0,
    write_errors: 7,
    read_errors: 6,
    in_request: 1,
    vars: [],
    req_info: {},
  };
  const document = JSON.parse(formatUwsgi(snapshot)) as Record<string, unknown>;
  const expected = {
    version: 'v26.0.0',
    listen_queue: 22,
    listen_queue_errors: 0,
    signal_queue: 0,
    load: 22,
    pid: 21,
    uid: 1000,
    gid: 1002,
    cwd: '/srv',
    locks: [{ 'user 0': 0 }],
    sockets: [{ name: '0.0.0.0:9090', proto: 'http', queue: 22, max_queue: 511, shared: 0, can_offload: 0 }],
    workers: [
      {
        id: 1,
        pid: 20,
        accepting: 1,
        requests: 12,
        delta_requests: 2,
        exceptions: 5,
        harakiri_count: 13,
        signals: 0,
        signal_queue: 0,
        status: 'busy',
        rss: 50_000_000,
        vsz: 900_000_000,
        running_time: 9_000_001,
        last_spawn: 1_700_000_000,
        respawn_count: 14,
        tx: 8000,
        avg_rt: 1001,
        timeouts: 4,
        apps: [app],
        cores: [core],
      },
      {
        id: 2,
        pid: 0,
        accepting: 0,
        requests: 0,
        delta_requests: 0,
        exceptions: 0,
        harakiri_count: 0,
        signals: 0,
        signal_queue: 0,
        status: 'cheap',
        rss: 0,
        vsz: 0,
        running_time: 0,
        last_spawn: 0,
        respawn_count: 0,
        tx: 0,
        avg_rt: 0,
        timeouts: 0,
        apps: [{ ...app, startup_time: 0, requests: 0, exceptions: 0 }],
        cores: [{ ...core, requests: 0, write_errors: 0, read_errors: 0, in_request: 0 }],
      },
    ],
  };
  expect(document).toEqual(expected);
  expect(JSON.stringify(document)).toBe(JSON.stringify(expected));
});

test('its keys are those of uWSGI 2.0, and timeouts', () => {
  const { workers, ...server } = JSON.parse(formatUwsgi(snapshot)) as { workers: [object] };
  const words = (text: string) => text.split(' ').sort();
  expect(Object.keys(server).sort()).toEqual(
    words('version listen_queue listen_queue_errors signal_queue load pid uid gid cwd locks sockets'),
  );
  for (const worker of workers) {
    expect(Object.keys(worker).sort()).toEqual(
      words(
        'id pid accepting requests delta_requests exceptions harakiri_count signals signal_queue status rss vsz ' +
          'running_time last_spawn respawn_count tx avg_rt apps cores timeouts',
      ),
    );
  }
});

test('every number is an integer', () => {
  const numbers: number[] = [];
  JSON.parse(formatUwsgi(snapshot), (_, value: unknown) => {
    if (typeof value === 'number') numbers.push(value);
    return value;
  });
  expect(numbers.length).toBeGreaterThan(60);
  expect(numbers.filter((value) => !Number.isInteger(value))).toEqual([]);
});

test('each worker is on a line of its own, which is no longer than readers take', () => {
  const workers = Array.from({ length: 1024 }, (_, index) => ({ ...busy, id: index + 1 }));
  const lines = formatUwsgi({ ...snapshot, workers }).split('\n');
  const ids = lines
    .filter((line) => line.includes('"pid":20'))
    .map((line) => /^ {2}\{"id":(\d+),.*\},?$/.exec(line)?.[1]);
  expect(ids).toEqual(workers.map(({ id }) => String(id)));
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(64 * 1024);
});

test('it ends with a line break, and is JSON without workers, too', () => {
  const text = formatUwsgi({ ...snapshot, workers: [] });
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text)).toMatchObject({ workers: [] });
});

test.each([
  ['idle', 'idle', 0],
  ['busy', 'busy', 1],
  ['blocked', 'busy', 1],
  ['cheap', 'cheap', 0],
] as const)('a worker that is %s is %s', (status, expected, inRequest) => {
  const text = formatUwsgi({ ...snapshot, workers: [{ ...cheap, status }] });
  expect(JSON.parse(text)).toMatchObject({ workers: [{ status: expected, cores: [{ in_request: inRequest }] }] });
});
