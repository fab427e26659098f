// The development server: it holds the port, and has workers serve what is behind it as the code changes.
import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { exitUnstarted, reasonOf } from '../process/failure';
import { listen } from '../process/listen';
import { createLog } from '../process/log';
import { handleSignals } from '../process/signals';
import type { Config } from '../settings/config';
import { createConnections } from './connections';
import { forkChild } from './handle';
import { nodemonSettings } from './nodemon';
import { checkPeers, isTypeScript } from './peers';
import { startWorkers } from './reload';
import { watch } from './watch';

/**
 * Runs the development server until a signal stops it, and exits the process: with 0 by a signal, with 1 where it could not
 * start.
 * @param file - of the service, absolute
 */
export async function startDevelopment(config: Config, file: string): Promise<void> {
  const { HOST: host, PORT: port, WATCH_POLL: poll } = config;
  const log = createLog(config);
  const connections = createConnections(config.ALLOWED_HOSTS);
  let stopWorkers = () => Promise.resolve();
  let types: ChildProcess | undefined;

  handleSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
    types?.kill();
    void stopWorkers().then(() => process.exit());
  });
  let settings: object;
  try {
    checkPeers(file);
    settings = nodemonSettings(file);
    await listen(connections.server, { host, port, variable: 'PORT' });
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
  log.info({ host, port }, 'listening');
  const workers = startWorkers(connections, log, file, () => {
    if (isTypeScript(file)) types ??= checkTypes(file, () => (types = undefined));
  });
  stopWorkers = workers.stop;
  watch({ poll, log, file, settings }, workers.reload);
}

/**
 * Starts the process that checks types; whatever else wants the CPU goes first.
 * @param onEnd - called when it has ended; the next reload starts it anew
 */
function checkTypes(file: string, onEnd: () => void): ChildProcess {
  const child = forkChild('types.js', file);
  if (child.pid !== undefined) setPriority(child.pid, 10);
  for (const event of ['error', 'exit']) child.once(event, onEnd);
  return child;
}
