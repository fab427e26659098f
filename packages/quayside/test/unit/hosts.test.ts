import { refusalOfHost } from '../../src/process/hosts';

const listed = ['stats.example.com', '.example.org'];
const refusalOf = (host: string | undefined) => refusalOfHost(host, listed, 'STATS_HOSTS');

test.each([
  undefined,
  '',
  'localhost',
  'LocalHost:9191',
  'localhost.:9191',
  'app.localhost',
  'a.b.localhost:80',
  '127.0.0.1',
  '10.1.2.3:9191',
  '[::1]',
  '[::1]:9191',
  '[2001:db8::1]:9191',
  'identidock:9191',
  'my_service-1',
  'stats.example.com',
  'STATS.example.com.:9191',
  'example.org',
  'a.example.org:9191',
  'a.b.example.org',
])('Host %j is answered', (host) => {
  expect(refusalOf(host)).toBeUndefined();
});

test.each([
  'evil.example',
  'evil.example:9191',
  'evil.example.',
  'notlocalhost.example',
  'localhost.evil.example',
  'evillocalhost.com',
  '.localhost.evil.example',
  '127.0.0.1.evil.example',
  '1.2.3',
  'a.stats.example.com',
  'example.com',
  'stats.example.com.evil.example',
  'evilexample.org',
  'example.org.evil.example',
  '[evil.example]',
  '[::1].evil.example',
  '[::1',
  'evil.example#localhost',
  'localhost@evil.example',
  'evil.example:80:localhost',
])('Host %j is refused by name', (host) => {
  expect(refusalOf(host)).toBe(
    `403 Forbidden: nothing is served for Host ${JSON.stringify(host)}. If that is a name of this server, add it to STATS_HOSTS.\n`,
  );
});

test('of a Host without end, only as much is repeated as a name may have', () => {
  expect(refusalOf('evil.example'.repeat(1000))?.length).toBeLessThan(400);
});
