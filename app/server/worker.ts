// A worker: serves until the primary tells it to drain. It decides nothing by itself.
import type { Express } from 'express';
import { createRecorder } from '../stats/record';
import type { Config } from './config';
import { createDrain } from './drain';
import { createServer } from './http';
import { listen, ListenError } from './listen';
import { createLog } from './log';
import { SLOT, type ToPrimary } from './messages';

function tell(message: ToPrimary, then: () => void = () => undefined) {
  process.send?.(message, undefined, {}, then);
}

/**
 * Serves in this process, a worker of Node's cluster.
 * @param createApp - makes the service; where it throws, the primary is told why and the worker ends
 */
export async function startWorker(config: Config, createApp: () => Express | Promise<Express>): Promise<void> {
  // Ctrl-C reaches every process of the group; only the primary decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

  let ready = true;
  const recorder = createRecorder((counts, then) => {
    tell({ type: 'counts', ...counts }, then);
  });
  try {
    const server = createServer(await createApp(), {
      log: createLog(config, { worker: Number(process.env[SLOT]) }),
      showTraces: false,
      isReady: () => ready,
      onRequest: recorder.add,
    });
    const drain = createDrain(server);
    // To drain is all that a ToWorker says.
    process.once('message', () => {
      ready = false;
      void drain().then(() => {
        recorder.flush(() => process.exit(0));
      });
    });
    await listen(server, { host: config.host, port: config.port, variable: 'PORT' });
  } catch (error) {
    tell({ type: 'failed', reason: reasonOf(error) }, () => process.exit(1));
  }
}

/** A port that is taken needs no trace to be understood; whatever the service throws does. */
function reasonOf(error: unknown): string {
  if (error instanceof ListenError) return error.message;
  if (!(error instanceof Error)) return String(error);
  return error.stack ?? String(error);
}
