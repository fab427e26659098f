import { availableParallelism } from 'node:os';
import { ConfigError, loadConfig } from '../../app/server/config';

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
    host: '0.0.0.0',
    port: 9090,
    statsHost: '127.0.0.1',
    statsPort: 9191,
    workers: availableParallelism(),
    logLevel: 'info',
    grace: 8,
  });
});

test('development listens on 5000, and for this machine alone', () => {
  expect(loadConfig({ ENV: 'DEV' })).toMatchObject({ host: '127.0.0.1', port: 5000 });
});

test('an empty value is an unset one', () => {
  expect(loadConfig({ ENV: '', PORT: '', WORKERS: '', LOG_LEVEL: '' })).toEqual(loadConfig({}));
});

test('each setting is read', () => {
  const env = { HOST: '::1', PORT: '1', STATS_HOST: '::', STATS_PORT: '65535', WORKERS: '3', LOG_LEVEL: 'warn' };
  expect(loadConfig({ ...env, GRACE: '60' })).toEqual({
    host: '::1',
    port: 1,
    statsHost: '::',
    statsPort: 65535,
    workers: 3,
    logLevel: 'warn',
    grace: 60,
  });
});

test.each([
  ['ENV', 'prod', 'expected one of PROD, DEV'],
  ['HOST', 'localhost', 'expected an IP address, as 0.0.0.0 or 127.0.0.1'],
  ['PORT', '0', 'expected a port from 1 to 65535'],
  ['PORT', '65536', 'expected a port from 1 to 65535'],
  ['PORT', '80a', 'expected a port from 1 to 65535'],
  ['PORT', '-1', 'expected a port from 1 to 65535'],
  ['PORT', '9e3', 'expected a port from 1 to 65535'],
  ['PORT', ' 80', 'expected a port from 1 to 65535'],
  ['STATS_PORT', 'http', 'expected a port from 1 to 65535'],
  ['WORKERS', '0', 'expected a whole number from 1 to 1024'],
  ['WORKERS', 'many', 'expected a whole number from 1 to 1024'],
  ['WORKERS', '1.5', 'expected a whole number from 1 to 1024'],
  ['LOG_LEVEL', 'loud', 'expected one of trace, debug, info, warn, error, fatal, silent'],
  ['GRACE', '0', 'expected a whole number from 1 to 3600'],
])('%s=%j is refused', (name, value, reason) => {
  expect(problemsOf({ [name]: value })).toEqual([`${name}=${JSON.stringify(value)}: ${reason}`]);
});

test('service and stats on one port are refused, whichever of the two was set', () => {
  expect(problemsOf({ PORT: '9191' })).toEqual(['PORT="9191": expected another port than STATS_PORT\'s']);
  expect(problemsOf({ STATS_PORT: '9090' })).toEqual(['STATS_PORT="9090": expected another port than PORT\'s']);
  expect(problemsOf({ PORT: '80', STATS_PORT: '80' })).toHaveLength(1);
});

test('one error lists every problem', () => {
  const problems = problemsOf({ PORT: 'x', STATS_PORT: '9090', WORKERS: '0', LOG_LEVEL: 'loud' });
  expect(problems).toHaveLength(3);
  expect(new ConfigError(problems).message.split('\n')).toHaveLength(4);
});
