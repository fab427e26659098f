// Validates the settings before anything listens: the server's, and those in the service's settings file.
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ConfigError, exitWrong, isConfigError, loadConfig, type Config, type Mode } from '../settings/config';
import { messageOf, tellPrimary } from './channel';
import { asError, reasonOf } from './failure';

/** The result of loading a service's settings file: problems with the settings, or why the file cannot be loaded. */
type Loaded = { problems: string[] } | { error: string };

/** How to load a service's settings file. */
export interface Options {
  /** Extensions of that file, with the dot. */
  extensions: string[];
  /** Forks the process that loads it and calls reportSettings(). */
  fork: (path: string) => ChildProcess;
  /** How long that may take, in seconds; START_TIMEOUT by default. */
  limit?: number;
  /**
   * Called with the reason if it cannot be loaded. If this returns, the server starts without having validated the
   * service's settings.
   */
  onError: (reason: string) => void;
}

/** How long loading may take if START_TIMEOUT is not known, in seconds. */
const START_TIMEOUT = 60;

/** @returns the server's settings of this process, or what is wrong with them, for validate() to report */
export function readConfig(mode: Mode): Config | ConfigError {
  try {
    return loadConfig(process.env, mode);
  } catch (error) {
    if (isConfigError(error)) return error;
    throw error;
  }
}

/**
 * Validates the settings, or exits the process. If there is a file named settings next to the service's, another process
 * loads it, so no code of the service runs in this one. Problems with the server's settings and the service's are
 * reported in one list.
 * @param file - of the service or the job, absolute
 * @param config - of readConfig()
 * @returns the server's settings; exits with EX_CONFIG if any is wrong
 */
export async function validate(file: string, config: Config | ConfigError, options: Options): Promise<Config> {
  const isWrong = config instanceof ConfigError;
  const declaring = declaringFile(file, options.extensions);
  const limit = options.limit ?? (isWrong ? START_TIMEOUT : config.START_TIMEOUT);
  const outcome: Loaded = declaring === undefined ? { problems: [] } : await load(declaring, options.fork, limit);
  const problems = [...(isWrong ? config.problems : []), ...('problems' in outcome ? outcome.problems : [])];
  if (isWrong || problems.length > 0) exitWrong(new ConfigError(problems));
  if ('error' in outcome) options.onError(outcome.error);
  return config;
}

/**
 * Loads a service's settings file, and reports the result to the parent process.
 * @param loadIt - loads the file; whatever it throws or rejects with is reported
 */
export function reportSettings(loadIt: () => unknown): void {
  const tell: (outcome: Loaded) => void = tellPrimary;
  const fail = (error: unknown) => {
    tell(isConfigError(error) ? { problems: error.problems } : { error: reasonOf(error) });
  };
  // Unhandled rejections end up here too.
  process.on('uncaughtException', fail);
  // The parent is gone. Until then, the channel keeps this process running.
  process.on('disconnect', () => process.exit());
  void Promise.resolve()
    .then(loadIt)
    .then(() => {
      // An unhandled rejection is reported first.
      setImmediate(() => {
        tell({ problems: [] });
      });
    }, fail);
}

/** @returns the path of the service's settings file; undefined if there is none */
function declaringFile(file: string, extensions: string[]): string | undefined {
  return extensions
    .map((extension) => join(dirname(file), `settings${extension}`))
    .find((path) => path !== file && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/**
 * Loads the file in another process.
 * @param limit - how long that may take, in seconds
 */
function load(path: string, fork: Options['fork'], limit: number): Promise<Loaded> {
  const name = relative(process.cwd(), path);
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = fork(path);
    } catch (error) {
      resolve({ error: asError(error).message });
      return;
    }
    let outcome: Loaded | undefined;
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const timer = setTimeout(() => {
      outcome = { error: `${name} was not loaded within START_TIMEOUT=${String(limit)} s` };
      kill();
    }, limit * 1000);
    const end = (how: string) => {
      clearTimeout(timer);
      process.off('exit', kill);
      resolve(outcome ?? { error: how });
    };
    child.on('message', (received: unknown) => {
      outcome ??= messageOf(received) as Loaded | undefined;
      // The file may have opened something that keeps the process running.
      if (outcome !== undefined) kill();
    });
    child.on('error', (error) => {
      end(error.message);
    });
    child.once('close', (code, signal) => {
      end(
        `${name} ended its process when it was loaded, ${signal === null ? `exit code ${String(code)}` : `by ${signal}`}`,
      );
    });
  });
}
