// The server's settings: read from environment variables, validated before anything listens.
import { isIP } from 'node:net';
import { cleanEnv, makeValidator, type ValidatorSpec } from 'envalid';
import { workersFor } from './capacity';
import { fileVariable, readGiven } from './given';

/** pino's levels. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** EX_CONFIG of sysexits.h: the configuration is wrong, and retrying will not help. */
export const EX_CONFIG = 78;

/** All problems with the environment, in one message with a line for each. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(['The settings are wrong; nothing was started.', ...problems].join('\n  '));
    this.name = 'ConfigError';
  }
}

/** @returns whether this is a ConfigError, even from another copy of this file, such as in a bundled service */
export function isConfigError(thrown: unknown): thrown is ConfigError {
  try {
    if (thrown instanceof ConfigError) return true;
    const { problems } = thrown as { problems?: unknown };
    return thrown instanceof Error && thrown.name === 'ConfigError' && Array.isArray(problems);
  } catch {
    return false;
  }
}

const oneOf = <T extends string>(...values: T[]) =>
  makeValidator((input): T => {
    const found = values.find((value) => value === input);
    if (found === undefined) throw new Error(`expected one of ${values.join(', ')}`);
    return found;
  });

const whole = (least: number, most: number, what = 'a whole number') =>
  makeValidator((input): number => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < least || value > most) {
      throw new Error(`expected ${what} from ${String(least)} to ${String(most)}`);
    }
    return value;
  });

const port = whole(1, 65535, 'a port');
const portOrOff = makeValidator((input): number => {
  if (input === 'off') return 0;
  const value = Number(input);
  if (!/^\d+$/.test(input) || value > 65535) throw new Error('expected a port from 1 to 65535, or off');
  return value;
});
const seconds = (least: 0 | 1) => whole(least, 3600, 'seconds');

const address = makeValidator((input): string => {
  if (isIP(input) === 0) throw new Error('expected an IP address, such as 0.0.0.0 or 127.0.0.1');
  return input;
});

const isSubnet = (text: string): boolean => {
  const [ip = '', bits, ...more] = text.split('/');
  const most = isIP(ip) === 4 ? 32 : 128;
  return (
    isIP(ip) !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
};

/** Names for subnets that Express knows: https://expressjs.com/en/guide/behind-proxies.html */
const subnetNames = ['loopback', 'linklocal', 'uniquelocal'];

// Express also accepts true, but then trusts whatever any client says.
const proxies = makeValidator((input): number | string[] | false => {
  if (input === 'off') return false;
  if (/^[1-9]\d?$/.test(input)) return Number(input);
  const items = input.split(',').map((item) => item.trim());
  if (items.every((item) => subnetNames.includes(item) || isSubnet(item))) return items;
  throw new Error(
    `expected off, a number of hops from 1 to 99, or addresses, such as 10.0.0.0/8 or ${subnetNames.join(', ')}`,
  );
});

/** A host name by RFC 952, or with underscores, as in Docker. */
const hostName = /^\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

const hosts = makeValidator((input): string[] => {
  if (input === 'none') return [];
  const items = input.split(',').map((item) => item.trim().toLowerCase());
  if (items.every((item) => hostName.test(item))) return items;
  throw new Error(
    'expected none, or names without a port, such as stats.example.com, or .example.com to include subdomains',
  );
});

const onOff = makeValidator((input): boolean => {
  if (input !== 'on' && input !== 'off') throw new Error('expected on or off');
  return input === 'on';
});

const zeroOne = makeValidator((input): boolean => {
  if (input !== '0' && input !== '1') throw new Error('expected 0 or 1');
  return input === '1';
});

const URL_EXPECTED = 'an http or https URL, such as http://localhost:5000';

/** @returns the URL, which is only printed, never requested */
const readUrl = (input: string, expected: string): string => {
  // Compose publishes several containers on a range of ports, such as 9090-9099.
  if (!/^https?:\/\/\S+$/i.test(input) || !URL.canParse(input.replace(/:(\d+)-\d+(?=\/|$)/, ':$1'))) {
    throw new Error(`expected ${expected}`);
  }
  return input;
};

const webUrl = makeValidator((input) => readUrl(input, URL_EXPECTED));
const webUrlOrNone = makeValidator((input) => (input === 'none' ? input : readUrl(input, `none, or ${URL_EXPECTED}`)));

/** Addresses that localhost reaches: loopback, and those that mean all interfaces. */
const LOCAL = /^(?:0\.0\.0\.0|127\.0\.0\.1|[0:]+1?)$/;

/** @returns the URL under which this machine reaches a server on that address */
function urlOf(host: string, port: number): string {
  const name = LOCAL.test(host) ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${name}:${String(port)}`;
}

/**
 * Every setting, with its validator and its default. README.md explains each. Durations are in seconds, and where 0 is
 * allowed, it means off.
 * @param development - whether to use the development server's defaults rather than production's
 */
export const settings = (development: boolean) => ({
  HOST: address({ default: development ? '127.0.0.1' : '0.0.0.0' }),
  PORT: port({ default: development ? 5000 : 9090 }),
  STATS_HOST: address({ default: '127.0.0.1' }),
  STATS_PORT: portOrOff({ default: 9191 }),
  // Host names that are answered besides those that are always safe: process/hosts.ts.
  STATS_HOSTS: hosts({ default: [] }),
  ALLOWED_HOSTS: hosts({ default: [] }),
  // URLs to print. If empty, urlOf() decides.
  PUBLIC_URL: webUrl({ default: '' }),
  PUBLIC_STATS_URL: webUrlOrNone({ default: '' }),
  // Development only, down to WATCH_POLL. Anyone who can reach the debugger can run code.
  INSPECT_HOST: address({ default: '127.0.0.1' }),
  INSPECT_PORT: portOrOff({ default: 9229 }),
  WATCH_POLL: zeroOne({ default: false }),
  WORKERS: whole(1, 1024)({ default: workersFor() }),
  LOG_LEVEL: oneOf(...logLevels)({ default: 'info' }),
  ACCESS_LOG: onOff({ default: true }),
  // A value for Express's `trust proxy`.
  TRUST_PROXY: proxies({ default: false }),
  GRACE: seconds(1)({ default: 8 }),
  DRAIN_DELAY: seconds(0)({ default: 0 }),
  RELOAD_MERCY: seconds(1)({ default: 60 }),
  START_TIMEOUT: seconds(1)({ default: 60 }),
  HARAKIRI: seconds(0)({ default: 30 }),
  MAX_REQUESTS: whole(0, 1e12)({ default: 0 }),
  RELOAD_ON_RSS: whole(0, 1e6, 'MB')({ default: 0 }),
  // A debugger may hold a request for as long as it likes.
  REQUEST_TIMEOUT: seconds(0)({ default: development ? 0 : 60 }),
  HEADERS_TIMEOUT: seconds(1)({ default: 5 }),
  RECEIVE_TIMEOUT: seconds(1)({ default: 30 }),
  // Longer than the 60 s of nginx and most load balancers: the side that sends requests should close first.
  KEEP_ALIVE_TIMEOUT: seconds(1)({ default: 65 }),
  MAX_HEADER_SIZE: whole(1024, 1024 ** 2, 'bytes')({ default: 16 * 1024 }),
  MAX_BODY_SIZE: whole(0, 1e12, 'bytes')({ default: 1024 ** 2 }),
});

/** Which server the settings are for. */
export type Mode = 'production' | 'development';

/** The validated settings. */
export type Config = Readonly<{ mode: Mode }> &
  Readonly<{
    [Name in keyof ReturnType<typeof settings>]: ReturnType<typeof settings>[Name] extends ValidatorSpec<infer Value>
      ? Value
      : never;
  }>;

/** @returns conflicts between values that are valid on their own, as pairs of a variable and a reason */
function contradictions(values: Record<string, unknown>, given: NodeJS.ProcessEnv, mode: Mode): [string, string][] {
  const wrong: [string, string][] = [];
  /** @returns the two variables, the one to report first: the one that was set, otherwise the first */
  const blame = (first: string, second: string) =>
    given[first] === undefined && given[second] !== undefined ? [second, first] : [first, second];
  if (mode === 'production' && values.PORT !== undefined && values.PORT === values.STATS_PORT) {
    const [name = '', other = ''] = blame('STATS_PORT', 'PORT');
    wrong.push([name, `expected a port other than ${other}'s`]);
  }
  if (Number(values.HEADERS_TIMEOUT) > Number(values.RECEIVE_TIMEOUT)) {
    const [name = ''] = blame('HEADERS_TIMEOUT', 'RECEIVE_TIMEOUT');
    wrong.push([name, 'expected HEADERS_TIMEOUT to be at most RECEIVE_TIMEOUT, which includes it']);
  }
  return wrong;
}

/**
 * Reads the settings.
 * @param env - the environment, such as `process.env`. An empty value counts as unset, because Compose passes unset
 *   variables that way. Each value may also be in a file whose path is in NAME_FILE
 * @returns the settings, with the defaults of the mode
 * @throws ConfigError that lists every problem: variable, what is expected, and the value unless it comes from a file
 */
export function loadConfig(env: NodeJS.ProcessEnv, mode: Mode = 'production'): Config {
  const specs = settings(mode === 'development');
  const { values: given, fromFile, problems } = readGiven(Object.keys(specs), env);
  const sourceOf = (name: string) =>
    fromFile.has(name) ? `${name}, from ${fileVariable(name)}` : `${name}=${JSON.stringify(given[name])}`;

  const values = cleanEnv(given, specs, {
    reporter: ({ errors, env }) => {
      const wrong = Object.entries(errors).map(([name, error]): [string, string] => [name, error.message]);
      // A setting that cannot be read has its default here, which must not cause a conflict.
      const known = Object.fromEntries(Object.entries(env as object).filter(([name]) => !problems.has(name)));
      wrong.push(...contradictions(known, given, mode));
      const lines = [...problems.values(), ...wrong.map(([name, reason]) => `${sourceOf(name)}: ${reason}`)];
      if (lines.length > 0) throw new ConfigError(lines);
    },
  });

  // A plain object: envalid's throws on unknown names.
  const { HOST, PORT, STATS_HOST, STATS_PORT } = values;
  return {
    ...values,
    PUBLIC_URL: values.PUBLIC_URL || urlOf(HOST, PORT),
    PUBLIC_STATS_URL: values.PUBLIC_STATS_URL || (STATS_PORT > 0 ? urlOf(STATS_HOST, STATS_PORT) : 'none'),
    mode,
  };
}

/**
 * Reads the settings of this process, or exits it.
 * @returns the settings; if any is wrong, says why on stderr and exits with EX_CONFIG
 */
export function configOrExit(mode: Mode): Config {
  try {
    return loadConfig(process.env, mode);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    exitWrong(error);
  }
}

/** Says on stderr which settings are wrong, and exits the process with EX_CONFIG. */
export function exitWrong({ message }: ConfigError): never {
  process.stderr.write(`${message}\n`);
  process.exit(EX_CONFIG);
}
