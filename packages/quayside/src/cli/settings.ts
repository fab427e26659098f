// Settings in production, for the server and for a job.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { exitUnstarted } from '../process/failure';
import { readConfig, validate } from '../process/service-settings';
import type { Config } from '../settings/config';

/**
 * Reads the server's settings and validates the service's, or exits the process.
 * @param file - of the service or the job, absolute
 * @returns the server's settings; exits with EX_CONFIG if any is wrong, and with 1 if the service's settings file cannot
 *   be loaded
 */
export function settingsOrExit(file: string, what: 'server' | 'job' = 'server'): Promise<Config> {
  return validate(file, readConfig('production'), {
    extensions: ['.js', '.cjs', '.mjs'],
    fork: (path) => {
      // Only one process can have the debugger's address. Detached, because only this process should act on Ctrl-C.
      const execArgv = [
        ...process.execArgv.filter((option) => !option.startsWith('--inspect')),
        '--enable-source-maps',
      ];
      return fork(join(__dirname, 'load-settings.js'), [path], { execArgv, detached: true });
    },
    onError: (reason) => exitUnstarted(reason, 1, what),
  });
}
