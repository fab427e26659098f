// A worker: serves until the primary tells it to drain. It decides nothing by itself.
import { createRecorder } from '../stats/record';
import type { Config } from './config';
import { createDrain } from './drain';
import { reasonOf } from './failure';
import { createServer, type CreateApp } from './http';
import { listen } from './listen';
import { createLog } from './log';
import { SLOT, type ToPrimary } from './messages';

function tell(message: ToPrimary, then: () => void = () => undefined) {
  process.send?.(message, undefined, {}, then);
}

/**
 * Serves in this process, a worker of Node's cluster.
 * @param createApp - makes the service; where it throws, the primary is told why and the worker ends
 */
export async function startWorker(config: Config, createApp: CreateApp): Promise<void> {
  // Ctrl-C reaches every process of the group; only the primary decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

  let drain: (() => Promise<void>) | undefined;
  let draining = false;
  const recorder = createRecorder((counts, then) => {
    tell({ type: 'counts', ...counts }, then);
  });
  // A worker that ends by itself, as the service may make it, still says what it had counted.
  process.on('exit', () => {
    recorder.flush(() => undefined);
  });
  // To drain is all that a ToWorker says.
  process.once('message', () => {
    draining = true;
    // Before it listens there is nothing to finish, and Node's cluster breaks on closing a server that is about to.
    if (drain === undefined) process.exit(0);
    void drain().then(() => {
      recorder.flush(() => process.exit(0));
    });
  });

  try {
    const server = createServer(await createApp(), {
      log: createLog(config, { worker: Number(process.env[SLOT]) }),
      showTraces: false,
      isReady: () => !draining,
      onRequest: recorder.add,
    });
    const drainServer = createDrain(server);
    await listen(server, { host: config.host, port: config.port, variable: 'PORT' });
    drain = drainServer;
  } catch (error) {
    tell({ type: 'failed', reason: reasonOf(error) }, () => process.exit(1));
  }
}
