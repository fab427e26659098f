// The development server: it holds the port, and has workers serve what is behind it as the code changes.
import { exitUnstarted, reasonOf } from '../process/failure';
import { startGuardian } from '../process/guardian';
import { listen } from '../process/listen';
import { createLog } from '../process/log';
import { handleSignals } from '../process/signals';
import type { Config } from '../settings/config';
import { createConnections } from './connections';
import { createCompanion } from './companion';
import type { ToTypes } from './messages';
import { nodemonSettings } from './nodemon';
import { checkPeers, isTypeScript } from './peers';
import { Workers } from './reload';
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
  let stop = () => Promise.resolve();

  handleSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
    void stop().then(() => process.exit());
  });
  let settings: object;
  try {
    checkPeers(file);
    settings = nodemonSettings(file);
    await listen(connections.server, { host, port, variable: 'PORT' });
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
  log.debug({ host, port }, 'listening');
  log.info({ url: config.PUBLIC_URL }, 'open');

  const guardian = startGuardian();
  const compiler = createCompanion({
    name: 'compiler.js',
    file,
    niceness: 0,
    guardian,
    onEnd: (how) => {
      log.error(`The compiler has ended by itself, ${how}. The next change starts it again.`);
      workers.dropWaiting();
    },
  });
  const types = createCompanion({
    name: 'types.js',
    file,
    niceness: 19,
    guardian,
    onEnd: (how) => {
      log.warn(`The type checker has ended by itself, ${how}. The next change starts it again.`);
    },
  });
  const workers = new Workers({
    connections,
    log,
    file,
    guardian,
    ...(isTypeScript(file) && {
      onSocket: (socket) => {
        compiler.tell({ type: 'worker' }, socket);
      },
      onChange: () => {
        types.tellRunning({ type: 'give up' } satisfies ToTypes);
      },
      onRest: (change) => {
        types.tell({ type: 'check', change } satisfies ToTypes);
      },
    }),
  });
  stop = () => {
    const stopped = workers.stop();
    compiler.kill();
    types.kill();
    return stopped;
  };
  watch({ poll, log, file, settings }, (files) => {
    workers.reload(files);
  });
}
