// The development server: it holds the port, and workers serve the code as it changes.
import { exitUnstarted, reasonOf } from '../process/failure';
import { startGuardian } from '../process/guardian';
import { listen } from '../process/listen';
import { createLog, log } from '../process/log';
import { readConfig } from '../process/service-settings';
import { handleSignals } from '../process/signals';
import { ConfigError } from '../settings/config';
import { createConnections } from './connections';
import { createCompanion } from './companion';
import type { OnSocket } from './fork';
import type { ToTypes } from './messages';
import { nodemonSettings } from './nodemon';
import { checkPeers, isTypeScript } from './peers';
import { Workers } from './reload';
import { validateSettings } from './settings';
import { watch } from './watch';

/**
 * Starts the development server, which runs until a signal stops it. The process then exits with 0. It exits with
 * EX_CONFIG if settings are wrong, and with 1 if it could not start for another reason.
 * @param file - of the service, absolute
 */
export function startDevelopment(file: string): void {
  let stop = () => Promise.resolve();
  handleSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
    void stop().then(() => process.exit());
  });
  let settings: object;
  try {
    checkPeers(file);
    settings = nodemonSettings(file);
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }

  let dropWaiting = () => {
    // There are no workers yet.
  };
  const guardian = startGuardian();
  const compiler = createCompanion({
    name: 'compiler.js',
    file,
    niceness: 0,
    guardian,
    onEnd: (how) => {
      log.error(`The compiler exited unexpectedly, ${how}. The next change starts it again.`);
      dropWaiting();
    },
  });
  const onSocket: OnSocket = isTypeScript(file)
    ? (socket) => {
        compiler.tell({ type: 'worker' }, socket);
      }
    : undefined;
  const config = readConfig('development');
  // Ends the process where they are wrong.
  const validated = validateSettings(config, { file, onSocket, guardian });
  if (config instanceof ConfigError) return;

  createLog(config);
  // Slow parts start in the meantime.
  const { HOST: host, PORT: port, WATCH_POLL: poll } = config;
  const connections = createConnections(config.ALLOWED_HOSTS);
  const types = createCompanion({
    name: 'types.js',
    file,
    niceness: 19,
    guardian,
    onEnd: (how) => {
      log.warn(`The type checker exited unexpectedly, ${how}. The next change starts it again.`);
    },
  });
  const workers = new Workers({
    connections,
    log,
    file,
    guardian,
    onSocket,
    ...(isTypeScript(file) && {
      onChange: () => {
        types.tellRunning({ type: 'give up' } satisfies ToTypes);
      },
      onRest: (change) => {
        types.tell({ type: 'check', change } satisfies ToTypes);
      },
    }),
  });
  dropWaiting = () => {
    workers.dropWaiting();
  };
  stop = () => {
    const stopped = workers.stop();
    compiler.kill();
    types.kill();
    return stopped;
  };

  const listening = validated.then(async () => {
    await listen(connections.server, { host, port, variable: 'PORT' });
    log.debug({ host, port }, 'listening');
    log.info({ url: config.PUBLIC_URL }, 'open');
  });
  listening.catch((error: unknown) => exitUnstarted(reasonOf(error)));
  watch({ poll, log, file, settings }, (files) => {
    void listening.then(() => {
      workers.reload(files);
    });
  });
}
