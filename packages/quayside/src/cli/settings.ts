// Production's settings, for the server and for a job.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { exitUnstarted } from '../process/failure';
import { readConfig, validate } from '../process/service-settings';
import type { Config } from '../settings/config';

/**
 * Reads production's settings and validates the service's, or ends the process.
 * @param file - of the service or the job, absolute
 * @returns the server's settings; exits with EX_CONFIG where some are wrong, and with 1 where the file that declares the
 *   service's cannot be loaded
 */
export function settingsOrExit(file: string, what: 'server' | 'job' = 'server'): Promise<Config> {
  return validate(file, readConfig('production'), {
    extensions: ['.js', '.cjs', '.mjs'],
    fork: (path) => {
      // A debugger's address can be taken once. Detached, as Ctrl-C is for this process to act on.
      const execArgv = [
        ...process.execArgv.filter((option) => !option.startsWith('--inspect')),
        '--enable-source-maps',
      ];
      return fork(join(__dirname, 'load-settings.js'), [path], { execArgv, detached: true });
    },
    onError: (reason) => exitUnstarted(reason, 1, what),
  });
}
