import request from 'supertest';
import { createStatsServer } from '../../app/stats/server';
import type { Snapshot } from '../../app/stats/snapshot';
import { formatUwsgi } from '../../app/stats/uwsgi';

const snapshot: Snapshot = {
  version: 'v26.0.0',
  pid: 1,
  uid: 1000,
  gid: 1000,
  cwd: '/srv',
  workers: [
    {
      id: 1,
      pid: 20,
      accepting: true,
      requests: 12,
      deltaRequests: 2,
      inFlight: 1,
      timeouts: 4,
      harakiris: 7,
      spawns: 3,
      spawnedAt: 1_700_000_000_999,
    },
    {
      id: 2,
      pid: 0,
      accepting: false,
      requests: 5,
      deltaRequests: 0,
      inFlight: 0,
      timeouts: 0,
      harakiris: 0,
      spawns: 1,
      spawnedAt: 0,
    },
  ],
};

test("the document has uWSGI's names and units", () => {
  expect(JSON.parse(formatUwsgi(snapshot))).toEqual({
    version: 'v26.0.0',
    pid: 1,
    uid: 1000,
    gid: 1000,
    cwd: '/srv',
    workers: [
      {
        id: 1,
        pid: 20,
        accepting: 1,
        requests: 12,
        delta_requests: 2,
        harakiri_count: 7,
        status: 'busy',
        last_spawn: 1_700_000_000,
        respawn_count: 3,
        timeouts: 4,
      },
      {
        id: 2,
        pid: 0,
        accepting: 0,
        requests: 5,
        delta_requests: 0,
        harakiri_count: 0,
        status: 'idle',
        last_spawn: 0,
        respawn_count: 1,
        timeouts: 0,
      },
    ],
  });
});

test('each worker is on a line of its own', () => {
  expect(
    formatUwsgi(snapshot)
      .split('\n')
      .filter((line) => line.includes('"id"')),
  ).toHaveLength(2);
});

test('the stats server answers GET of any path with JSON, and its type has no charset', async () => {
  const response = await request(createStatsServer(() => snapshot)).get('/any');
  expect([response.status, response.headers['content-type']]).toEqual([200, 'application/json']);
  expect((response.body as Snapshot).workers).toHaveLength(2);
});

test('the stats server takes GET and HEAD alone', async () => {
  const server = request(createStatsServer(() => snapshot));
  expect((await server.head('/')).status).toBe(200);
  const response = await server.post('/');
  expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD']);
});
