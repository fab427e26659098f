// A worker: serves until the primary tells it to drain. It decides nothing by itself.
import { createRecorder } from './record';
import { createVitals } from './vitals';
import type { Config } from '../settings/config';
import { drainServer } from './drain';
import { keepListeners, restoreSend, tellPrimary } from '../process/channel';
import { asError, reasonOf } from '../process/failure';
import { Exchanges } from '../http/exchange';
import { createServer } from '../http/server';
import type { CreateApp } from '../http/service';
import { listen } from '../process/listen';
import { createLog } from '../process/log';
import { droppedLines } from '../process/outlet';
import { ignoreSignals } from '../process/signals';
import { BEAT_MS, SLOT, type ToPrimary, type ToWorker } from './messages';

const tell: (message: ToPrimary, then?: () => void) => void = tellPrimary;

/**
 * Serves in this process, a worker of Node's cluster.
 * @param createApp - makes the service; where it throws, the primary is told why and the worker ends
 */
export async function startWorker(config: Config, createApp: CreateApp): Promise<void> {
  ignoreSignals();

  const log = createLog(config, { worker: Number(process.env[SLOT]) });
  const recorder = createRecorder((counts, durations, then) => {
    tell({ type: 'counts', counts: { ...counts, dropped: droppedLines() }, durations }, then);
  });
  // A worker that ends by itself, as the service may make it, still says what it had counted.
  process.on('exit', () => {
    recorder.flush(() => undefined);
  });

  let state: 'starting' | 'serving' | 'draining' = 'starting';
  let isReady = true;
  let drain: () => Promise<void> = () => Promise.resolve();

  process.on('message', (message: ToWorker | null) => {
    if (message?.type === 'unready' || message?.type === 'drain') isReady = false;
    if (message?.type !== 'drain' || state === 'draining') return;
    // Before it listens there is nothing to finish, and Node's cluster breaks on closing a server that is about to.
    if (state === 'starting') process.exit(0);
    state = 'draining';
    restoreSend();
    void drain().then(() => {
      recorder.flush(() => process.exit(0));
    });
  });

  const unstarted = (error: unknown) => {
    tell({ type: 'unstarted', reason: reasonOf(error) }, () => process.exit(1));
  };
  // Also a promise's rejection that nobody handles.
  process.on('uncaughtException', (error: unknown) => {
    if (state === 'starting') {
      unstarted(error);
      return;
    }
    recorder.onException();
    tell({ type: 'failing', reason: 'uncaught exception' });
    log.fatal({ err: asError(error) }, 'uncaught exception');
  });
  // Nobody could tell it to drain any more. Where the service has closed the channel by process.disconnect(), Node ends it.
  process.on('disconnect', () => process.exit(0));
  keepListeners();

  try {
    const exchanges = new Exchanges();
    const server = createServer(await createApp(), {
      config,
      log,
      isReady: () => isReady,
      observer: recorder,
      exchanges,
    });
    drain = () => drainServer(server, exchanges);
    restoreSend();
    await listen(server, { host: config.HOST, port: config.PORT, variable: 'PORT' });
    state = 'serving';
    const vitals = createVitals();
    const beat = () => {
      // The service has closed the server, or has had Node's cluster do it.
      if (state === 'serving' && !server.listening) tell({ type: 'failing', reason: 'it does not listen any more' });
      tell({ type: 'beat', vitals: vitals() });
    };
    beat();
    setInterval(beat, BEAT_MS).unref();
  } catch (error) {
    unstarted(error);
  }
}
