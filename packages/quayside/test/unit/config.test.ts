import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workersFor } from '../../src/settings/capacity';
import { ConfigError, loadConfig, settings } from '../../src/settings/config';

/** The problems that an environment has. */
function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('an empty environment is production with its defaults', () => {
  expect(loadConfig({})).toEqual({
    mode: 'production',
    HOST: '0.0.0.0',
    PORT: 9090,
    STATS_HOST: '127.0.0.1',
    STATS_PORT: 9191,
    STATS_HOSTS: [],
    ALLOWED_HOSTS: [],
    PUBLIC_URL: 'http://localhost:9090',
    PUBLIC_STATS_URL: 'http://localhost:9191',
    INSPECT_HOST: '127.0.0.1',
    INSPECT_PORT: 9229,
    WATCH_POLL: false,
    WORKERS: workersFor(),
    LOG_LEVEL: 'info',
    ACCESS_LOG: true,
    TRUST_PROXY: false,
    GRACE: 8,
    DRAIN_DELAY: 0,
    RELOAD_MERCY: 60,
    START_TIMEOUT: 60,
    HARAKIRI: 30,
    MAX_REQUESTS: 0,
    RELOAD_ON_RSS: 0,
    REQUEST_TIMEOUT: 60,
    HEADERS_TIMEOUT: 5,
    RECEIVE_TIMEOUT: 30,
    KEEP_ALIVE_TIMEOUT: 65,
    MAX_HEADER_SIZE: 16_384,
    MAX_BODY_SIZE: 1_048_576,
  });
});

test('development listens on 5000 for this machine alone, and lets a debugger hold a request', () => {
  expect(loadConfig({}, 'development')).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 5000,
    REQUEST_TIMEOUT: 0,
  });
});

test('an empty value is an unset one', () => {
  expect(loadConfig({ PORT: '', WORKERS: '', LOG_LEVEL: '' })).toEqual(loadConfig({}));
});

test('each setting is read', () => {
  const own = {
    HOST: '::1',
    STATS_HOST: '::',
    STATS_HOSTS: 'stats.example.com',
    ALLOWED_HOSTS: '.example.com',
    PUBLIC_URL: 'https://orders.example',
    PUBLIC_STATS_URL: 'https://stats.orders.example',
    INSPECT_HOST: '::2',
    WATCH_POLL: '1',
    WORKERS: '3',
    LOG_LEVEL: 'warn',
    ACCESS_LOG: 'off',
    TRUST_PROXY: '2',
  };
  // Each number another, so that none can stand in another's place.
  const numbers = Object.keys(settings(false))
    .filter((name) => !(name in own))
    .map((name, index): [string, number] => [name, 2000 + index]);
  const env = Object.fromEntries(numbers.map(([name, value]) => [name, String(value)]));
  expect(loadConfig({ ...env, ...own })).toEqual({
    mode: 'production',
    ...Object.fromEntries(numbers),
    ...own,
    STATS_HOSTS: ['stats.example.com'],
    ALLOWED_HOSTS: ['.example.com'],
    WATCH_POLL: true,
    WORKERS: 3,
    ACCESS_LOG: false,
    TRUST_PROXY: 2,
  });
});

test.each([
  ['off', false],
  ['1', 1],
  ['loopback', ['loopback']],
  ['10.0.0.0/8, ::1,uniquelocal', ['10.0.0.0/8', '::1', 'uniquelocal']],
])('TRUST_PROXY=%j is read', (value, expected) => {
  expect(loadConfig({ TRUST_PROXY: value }).TRUST_PROXY).toEqual(expected);
});

test.each([
  ['HOST', 'localhost', 'expected an IP address, such as 0.0.0.0 or 127.0.0.1'],
  ['PORT', '0', 'expected a port from 1 to 65535'],
  ['PORT', '65536', 'expected a port from 1 to 65535'],
  ['PORT', '80a', 'expected a port from 1 to 65535'],
  ['PORT', '-1', 'expected a port from 1 to 65535'],
  ['PORT', '9e3', 'expected a port from 1 to 65535'],
  ['PORT', ' 80', 'expected a port from 1 to 65535'],
  ['STATS_PORT', 'http', 'expected a port from 1 to 65535, or off'],
  ['STATS_PORT', '65536', 'expected a port from 1 to 65535, or off'],
  ['PUBLIC_URL', 'localhost:5000', 'expected an http or https URL, such as http://localhost:5000'],
  ['PUBLIC_URL', 'ftp://localhost', 'expected an http or https URL, such as http://localhost:5000'],
  ['PUBLIC_URL', 'http://localhost:65536', 'expected an http or https URL, such as http://localhost:5000'],
  ['PUBLIC_URL', 'http://localhost:5000-', 'expected an http or https URL, such as http://localhost:5000'],
  ['PUBLIC_STATS_URL', 'off', 'expected none, or an http or https URL, such as http://localhost:5000'],
  ['PUBLIC_URL', 'http://a b', 'expected an http or https URL, such as http://localhost:5000'],
  ['PUBLIC_URL', 'http://a/\n', 'expected an http or https URL, such as http://localhost:5000'],
  ['INSPECT_PORT', 'on', 'expected a port from 1 to 65535, or off'],
  ['WATCH_POLL', 'on', 'expected 0 or 1'],
  ['WORKERS', '0', 'expected a whole number from 1 to 1024'],
  ['WORKERS', 'many', 'expected a whole number from 1 to 1024'],
  ['WORKERS', '1.5', 'expected a whole number from 1 to 1024'],
  ['LOG_LEVEL', 'loud', 'expected one of trace, debug, info, warn, error, fatal, silent'],
  ['GRACE', '0', 'expected seconds from 1 to 3600'],
  ['HARAKIRI', '1.5', 'expected seconds from 0 to 3600'],
  ['RELOAD_ON_RSS', '256M', 'expected MB from 0 to 1000000'],
  ['MAX_BODY_SIZE', '1mb', 'expected bytes from 0 to 1000000000000'],
  ['MAX_HEADER_SIZE', '0', 'expected bytes from 1024 to 1048576'],
  ['ACCESS_LOG', 'true', 'expected on or off'],
  ['HEADERS_TIMEOUT', '31', 'expected HEADERS_TIMEOUT to be at most RECEIVE_TIMEOUT, which includes it'],
  ['RECEIVE_TIMEOUT', '4', 'expected HEADERS_TIMEOUT to be at most RECEIVE_TIMEOUT, which includes it'],
])('%s=%j is refused', (name, value, reason) => {
  expect(problemsOf({ [name]: value })).toEqual([`${name}=${JSON.stringify(value)}: ${reason}`]);
});

test.each(['true', '0', '100', 'all', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129', '10.0.0.1 10.0.0.2', ','])(
  'TRUST_PROXY=%j is refused',
  (value) => {
    expect(problemsOf({ TRUST_PROXY: value })).toEqual([
      `TRUST_PROXY=${JSON.stringify(value)}: expected off, a number of hops from 1 to 99, ` +
        'or addresses, such as 10.0.0.0/8 or loopback, linklocal, uniquelocal',
    ]);
  },
);

test.each([
  ['none', []],
  ['Stats.Example.com', ['stats.example.com']],
  ['.svc, my_host,.cluster.local ,10.0.0.1', ['.svc', 'my_host', '.cluster.local', '10.0.0.1']],
])('STATS_HOSTS=%j is read', (value, expected) => {
  expect(loadConfig({ STATS_HOSTS: value }).STATS_HOSTS).toEqual(expected);
  expect(loadConfig({ ALLOWED_HOSTS: value }, 'development').ALLOWED_HOSTS).toEqual(expected);
});

test.each([
  'a.example:9191',
  'http://a.example',
  '*.example.com',
  'a.example.',
  '.',
  'a..b',
  'a b',
  ',',
  'a,,b',
  'é.example',
])('STATS_HOSTS=%j is refused', (value) => {
  const reason =
    'expected none, or names without a port, such as stats.example.com, or .example.com to include subdomains';
  expect(problemsOf({ STATS_HOSTS: value, ALLOWED_HOSTS: value })).toEqual([
    `STATS_HOSTS=${JSON.stringify(value)}: ${reason}`,
    `ALLOWED_HOSTS=${JSON.stringify(value)}: ${reason}`,
  ]);
});

test.each([
  [{}, 'http://localhost:5000'],
  [{ HOST: '0.0.0.0', PORT: '80' }, 'http://localhost:80'],
  [{ HOST: '::1' }, 'http://localhost:5000'],
  [{ HOST: '::' }, 'http://localhost:5000'],
  [{ HOST: '0:0:0:0:0:0:0:0' }, 'http://localhost:5000'],
  // localhost is another address of the loopback.
  [{ HOST: '127.0.0.2' }, 'http://127.0.0.2:5000'],
  [{ HOST: '192.168.1.5' }, 'http://192.168.1.5:5000'],
  [{ HOST: 'fd00::1', PORT: '81' }, 'http://[fd00::1]:81'],
  [{ HOST: '::10' }, 'http://[::10]:5000'],
  [{ PUBLIC_URL: 'HTTPS://orders.example/path' }, 'HTTPS://orders.example/path'],
  [{ PUBLIC_URL: 'http://localhost:5000-5009' }, 'http://localhost:5000-5009'],
])('%j is asked at %s', (env, url) => {
  expect(loadConfig(env, 'development').PUBLIC_URL).toBe(url);
});

test.each([
  [{ STATS_HOST: '192.168.1.5', STATS_PORT: '81' }, 'http://192.168.1.5:81'],
  [{ STATS_PORT: 'off' }, 'none'],
  [{ PUBLIC_STATS_URL: 'none' }, 'none'],
  [{ STATS_PORT: 'off', PUBLIC_STATS_URL: 'https://stats.example' }, 'https://stats.example'],
])('with %j, the stats are asked at "%s"', (env, url) => {
  expect(loadConfig(env).PUBLIC_STATS_URL).toBe(url);
});

test.each(['off', '0'])('STATS_PORT=%j is none', (value) => {
  expect(loadConfig({ STATS_PORT: value }).STATS_PORT).toBe(0);
});

test('service and stats on one port are refused, whichever of the two was set', () => {
  expect(problemsOf({ PORT: '9191' })).toEqual(['PORT="9191": expected a port other than STATS_PORT\'s']);
  expect(problemsOf({ STATS_PORT: '9090' })).toEqual(['STATS_PORT="9090": expected a port other than PORT\'s']);
  expect(problemsOf({ PORT: '80', STATS_PORT: '80' })).toHaveLength(1);
});

test('one error lists every problem', () => {
  const problems = problemsOf({ PORT: 'x', STATS_PORT: '9090', WORKERS: '0', LOG_LEVEL: 'loud' });
  expect(problems).toHaveLength(3);
  expect(new ConfigError(problems).message.split('\n')).toHaveLength(4);
});

describe('settings in files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });
  /** @returns the path of a file that holds a text */
  const fileOf = (text: string) => {
    const path = join(dir, text);
    writeFileSync(path, `${text}\n`);
    return path;
  };

  test.each(Object.keys(settings(false)))('%s is read from the file that %s_FILE names', (name) => {
    expect(problemsOf({ [`${name}_FILE`]: join(dir, 'none') })).toEqual([
      `${name}_FILE: expected the path of a file that holds ${name}, but there is no file at that path`,
    ]);
  });

  test('their values are taken, and each of the wrong ones is said without its value', () => {
    expect(loadConfig({ PORT_FILE: fileOf('8080'), LOG_LEVEL_FILE: fileOf('warn') })).toMatchObject({
      PORT: 8080,
      LOG_LEVEL: 'warn',
    });
    expect(problemsOf({ PORT_FILE: fileOf('s3cret'), WORKERS: '1', WORKERS_FILE: fileOf('2'), GRACE: 'x' })).toEqual([
      'WORKERS and WORKERS_FILE are both set: expected one of the two',
      'PORT, from PORT_FILE: expected a port from 1 to 65535',
      'GRACE="x": expected seconds from 1 to 3600',
    ]);
    expect(problemsOf({ PORT_FILE: fileOf('9191') })).toEqual([
      "PORT, from PORT_FILE: expected a port other than STATS_PORT's",
    ]);
  });

  test('the default of a setting whose file cannot be read contradicts nothing', () => {
    expect(problemsOf({ STATS_PORT: '9090', PORT_FILE: join(dir, 'none') })).toHaveLength(1);
  });
});
