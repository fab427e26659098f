// The settings before anything starts: the server's, and those of the service that a file beside it declares.
import { fork, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { messageOf } from '../process/channel';
import { asError, exitUnstarted } from '../process/failure';
import { ConfigError, configOrExit, exitWrong, isConfigError, loadConfig, type Config } from '../settings/config';

/** What became of the file that declares a service's settings: what is wrong with them, or why it cannot be loaded. */
export type Loaded = { problems: string[] } | { error: string };

/** How long loading it may take where START_TIMEOUT is not known, in seconds. */
const START_TIMEOUT = 60;

/**
 * Reads production's settings, or ends the process. Where a file named settings lies beside the service's, another process
 * loads it, so that no code of the service runs in this one; what is wrong with the server's settings and with those that it
 * declares is said in one list.
 * @param file - of the service or the job, absolute
 * @returns the server's settings; exits with EX_CONFIG where some are wrong, and with 1 where that file cannot be loaded
 */
export async function settingsOrExit(file: string, what: 'server' | 'job' = 'server'): Promise<Config> {
  const declaring = declaringFile(file);
  if (declaring === undefined) return configOrExit('production');
  const config = readConfig();
  const isWrong = config instanceof ConfigError;
  const outcome = await load(declaring, isWrong ? START_TIMEOUT : config.START_TIMEOUT);
  const problems = [...(isWrong ? config.problems : []), ...('problems' in outcome ? outcome.problems : [])];
  if (isWrong || problems.length > 0) exitWrong(new ConfigError(problems));
  if ('error' in outcome) exitUnstarted(outcome.error, 1, what);
  return config;
}

/** @returns the path of the file that declares the service's settings; undefined where there is none */
function declaringFile(file: string): string | undefined {
  return ['settings.js', 'settings.cjs', 'settings.mjs']
    .map((name) => join(dirname(file), name))
    .find((path) => path !== file && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function readConfig(): Config | ConfigError {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (isConfigError(error)) return error;
    throw error;
  }
}

/**
 * Loads the file in a process of its own.
 * @param limit - how long that may take, in seconds
 */
function load(path: string, limit: number): Promise<Loaded> {
  const name = relative(process.cwd(), path);
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // A debugger's address can be taken once. Detached, as Ctrl-C is for this process to act on.
      const execArgv = [
        ...process.execArgv.filter((option) => !option.startsWith('--inspect')),
        '--enable-source-maps',
      ];
      child = fork(join(__dirname, 'load-settings.js'), [path], { execArgv, detached: true });
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
