import { once } from 'node:events';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { createStatsServer } from '../../src/stats/server';
import type { Snapshot } from '../../src/stats/snapshot';
import { formatUwsgi } from '../../src/stats/uwsgi';
import { snapshot } from './snapshot';

const document = formatUwsgi(snapshot);
const make = () => createStatsServer(() => snapshot);

test('the stats server answers GET of any path with JSON, and its type has no charset', async () => {
  const response = await request(make()).get('/any');
  expect([response.status, response.headers['content-type']]).toEqual([200, 'application/json']);
  expect((response.body as Snapshot).workers).toHaveLength(2);
  expect(response.text).toBe(document);
});

test('the stats server takes GET and HEAD alone', async () => {
  const server = request(make());
  const head = await server.head('/');
  expect([head.status, head.headers['content-length']]).toEqual([200, String(Buffer.byteLength(document))]);
  const response = await server.post('/');
  expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD']);
});

test('a browser gets the page, and its data', async () => {
  const page = await request(make()).get('/').set('Accept', 'text/html,*/*');
  expect(page.type).toBe('text/html');
  expect(page.headers).toMatchObject({
    'cache-control': 'no-store',
    vary: 'Accept',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/) as string,
  });
  expect((await request(make()).get('/page/data.json')).body).toMatchObject({ name: 'identidock', samples: [] });
  expect((await request(make()).get('/page/page.css')).type).toBe('text/css');
});

test('a Host that a stranger may have is refused with its name and the setting, whatever is asked for', async () => {
  for (const path of ['/', '/metrics', '/page/data.json']) {
    for (const method of ['get', 'head', 'post'] as const) {
      const response = await request(make())[method](path).set('Host', 'evil.example:9191').set('Accept', 'text/html');
      expect([response.status, response.type]).toEqual([403, 'text/plain']);
      if (method === 'head') continue;
      expect(response.text).toMatch(/^403 Forbidden: .*Host "evil\.example:9191".* STATS_HOSTS\.\n$/);
    }
  }
});

test('a Host of STATS_HOSTS is answered', async () => {
  const server = createStatsServer(() => snapshot, { hosts: ['stats.example.com'] });
  expect((await request(server).get('/').set('Host', 'stats.example.com:9191')).status).toBe(200);
  expect((await request(server).get('/').set('Host', 'other.example.com')).status).toBe(403);
});

test('what it cannot answer is 500, and told', async () => {
  const told = jest.fn();
  let fails = false;
  const server = createStatsServer(
    () => {
      if (fails) throw new Error('oops');
      return snapshot;
    },
    { onError: told },
  );
  fails = true;
  const { status } = await request(server).get('/any');
  fails = false;
  expect(status).toBe(500);
  expect(told).toHaveBeenCalledWith(new Error('oops'));
});

describe('clients', () => {
  let server: Server;
  const open: Socket[] = [];
  const client = () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    open.push(socket);
    return socket;
  };

  beforeEach(async () => {
    server = make().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
    server.close();
  });

  test('one that says nothing gets the document', async () => {
    expect(await text(client())).toBe(document);
  });

  test('one that ends at once gets the document, too', async () => {
    expect(await text(client().end())).toBe(document);
  });

  test('one of HTTP/1.0 that names no Host is answered', async () => {
    const socket = client();
    socket.write('GET / HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*"workers"/);
  });

  test('one that has begun a request does not get it', async () => {
    const socket = client();
    socket.write('GET / HTTP/1.1\r\n');
    expect(await text(socket)).not.toContain('"workers"');
  });

  test('no more are served than 64, though all come at once', async () => {
    let connected = 0;
    server.on('connection', () => (connected += 1));
    const sockets = Array.from({ length: 200 }, client);
    // Each begins a request, so that none is ended for its silence.
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\n');
    while (connected < 200) await once(server, 'connection');
    const most = await new Promise<number>((resolve, reject) => {
      setImmediate(() => {
        server.getConnections((error, count) => {
          if (error) reject(error);
          else resolve(count);
        });
      });
    });
    expect(most).toBeLessThanOrEqual(64);
  });
});
