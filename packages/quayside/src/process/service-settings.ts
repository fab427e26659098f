// The settings, before anything listens: the server's, and those of the service that a file beside it declares.
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ConfigError, exitWrong, isConfigError, loadConfig, type Config, type Mode } from '../settings/config';
import { messageOf, tellPrimary } from './channel';
import { asError, reasonOf } from './failure';

/** What became of the file that declares a service's settings: what is wrong with them, or why it cannot be loaded. */
type Loaded = { problems: string[] } | { error: string };

/** How the file that declares a service's settings is loaded. */
export interface Options {
  /** Of that file, with their dots. */
  extensions: string[];
  /** Forks the process that loads it; that one reports by reportSettings(). */
  fork: (path: string) => ChildProcess;
  /** How long that may take, in seconds; without, START_TIMEOUT. */
  limit?: number;
  /** Is given why it cannot be loaded. Where this returns, the server starts, and the service's settings are not validated yet. */
  onError: (reason: string) => void;
}

/** How long loading it may take where START_TIMEOUT is not known, in seconds. */
const START_TIMEOUT = 60;

/** @returns the server's settings of this process, or what is wrong with them: for validate() to say */
export function readConfig(mode: Mode): Config | ConfigError {
  try {
    return loadConfig(process.env, mode);
  } catch (error) {
    if (isConfigError(error)) return error;
    throw error;
  }
}

/**
 * Validates the settings, or ends the process. Where a file named settings lies beside the service's, another process loads
 * it, so that no code of the service runs in this one; what is wrong with the server's settings and with those that it
 * declares is said in one list.
 * @param file - of the service or the job, absolute
 * @param config - of readConfig()
 * @returns the server's settings; exits with EX_CONFIG where some are wrong
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
 * Loads the file that declares a service's settings, and reports what became of that to the process that has forked this one.
 * @param loadIt - loads it; what it throws, or rejects with, is reported
 */
export function reportSettings(loadIt: () => unknown): void {
  const tell: (outcome: Loaded) => void = tellPrimary;
  const fail = (error: unknown) => {
    tell(isConfigError(error) ? { problems: error.problems } : { error: reasonOf(error) });
  };
  // Also a promise's rejection that nobody handles.
  process.on('uncaughtException', fail);
  // Whoever asked has gone. Until then, the channel keeps this process running.
  process.on('disconnect', () => process.exit());
  void Promise.resolve()
    .then(loadIt)
    .then(() => {
      // A rejection that it leaves comes first.
      setImmediate(() => {
        tell({ problems: [] });
      });
    }, fail);
}

/** @returns the path of the file that declares the service's settings; undefined where there is none */
function declaringFile(file: string, extensions: string[]): string | undefined {
  return extensions
    .map((extension) => join(dirname(file), `settings${extension}`))
    .find((path) => path !== file && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/**
 * Has another process load the file.
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
      // The file may have opened what would keep it running.
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
