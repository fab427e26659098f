// The settings: read from environment variables and nothing else, validated before anything listens.
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { cleanEnv, makeValidator } from 'envalid';

/** What the servers of both modes run with. */
export interface Config {
  /** Address and port of the service. */
  host: string;
  port: number;
  /** Address and port of the stats server; production only. */
  statsHost: string;
  statsPort: number;
  workers: number;
  logLevel: LogLevel;
  /** Seconds that requests in flight may take to finish when the server stops. */
  grace: number;
}

/** pino's levels. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/** EX_CONFIG of sysexits.h: the configuration is wrong, and trying again will not help. */
const EX_CONFIG = 78;

/** Every problem with the environment, in one message with a line for each. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(['The settings are wrong; nothing was started.', ...problems].join('\n  '));
    this.name = 'ConfigError';
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

const address = makeValidator((input): string => {
  if (isIP(input) === 0) throw new Error('expected an IP address, as 0.0.0.0 or 127.0.0.1');
  return input;
});

/**
 * Every setting there is, with its rule and its default.
 * @param development - whose defaults: the development server's, or production's
 */
export const settings = (development: boolean) => ({
  ENV: oneOf('PROD', 'DEV')({ default: 'PROD' }),
  HOST: address({ default: development ? '127.0.0.1' : '0.0.0.0' }),
  PORT: port({ default: development ? 5000 : 9090 }),
  STATS_HOST: address({ default: '127.0.0.1' }),
  STATS_PORT: port({ default: 9191 }),
  WORKERS: whole(1, 1024)({ default: availableParallelism() }),
  LOG_LEVEL: oneOf(...logLevels)({ default: 'info' }),
  GRACE: whole(1, 3600)({ default: 8 }),
});

/**
 * Reads the settings.
 * @param env - the environment, as `process.env`; an empty value counts as unset, since Compose passes unset ones so
 * @returns the settings, with the defaults of the mode that ENV names
 * @throws ConfigError that lists every problem by variable, value and what is expected
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const development = given.ENV === 'DEV';

  const values = cleanEnv(given, settings(development), {
    reporter: ({ errors, env }) => {
      const { PORT, STATS_PORT } = env as { PORT?: number; STATS_PORT?: number };
      const wrong = Object.entries(errors).map(([name, error]): [string, string] => [name, error.message]);
      if (!development && PORT !== undefined && PORT === STATS_PORT) {
        const [name, other] = given.STATS_PORT === undefined ? ['PORT', 'STATS_PORT'] : ['STATS_PORT', 'PORT'];
        wrong.push([name, `expected another port than ${other}'s`]);
      }
      if (wrong.length === 0) return;
      throw new ConfigError(wrong.map(([name, reason]) => `${name}=${JSON.stringify(given[name])}: ${reason}`));
    },
  });

  return {
    host: values.HOST,
    port: values.PORT,
    statsHost: values.STATS_HOST,
    statsPort: values.STATS_PORT,
    workers: values.WORKERS,
    logLevel: values.LOG_LEVEL,
    grace: values.GRACE,
  };
}

/**
 * Reads the settings of this process, or ends it.
 * @returns the settings; where they are wrong, says why on stderr and exits with EX_CONFIG
 */
export function configOrExit(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EX_CONFIG);
  }
}
