// A worker: serves until the primary tells it to drain. It decides nothing by itself.
import { createRecorder } from './record';
import { createVitals } from './vitals';
import type { Config } from '../settings/config';
import { drainServer } from './drain';
import { keepListeners, restoreSend, tellPrimary } from '../process/channel';
import { asError, exitCodeOf, reasonOf } from '../process/failure';
import { Exchanges } from '../http/exchange';
import { createServiceServer } from '../http/server';
import { callHook, type Service } from '../http/service';
import { listen } from '../process/listen';
import { createLog } from '../process/log';
import { droppedLines } from '../process/outlet';
import { ignoreSignals } from '../process/signals';
import { createReporter, type Reporter } from './service-metrics';
import { checkMetrics } from '../stats/service-metrics';
import { BEAT_MS, SLOT, type ToPrimary, type ToWorker } from './messages';

const tell: (message: ToPrimary, then?: () => void) => void = tellPrimary;

/**
 * Serves in this process, a worker of Node's cluster.
 * @param createService - makes the service; if it throws, the worker reports why to the primary and exits
 */
export async function startWorker(config: Config, createService: () => Promise<Service>): Promise<void> {
  ignoreSignals();

  const log = createLog(config, { worker: Number(process.env[SLOT]) });
  const recorder = createRecorder((counts, durations, then) => {
    tell({ type: 'counts', counts: { ...counts, dropped: droppedLines() }, durations }, then);
  });
  // A worker that exits by itself, for example at the service's process.exit(), still reports its counts.
  process.on('exit', () => {
    recorder.flush(() => undefined);
  });

  /** ending: nothing is in flight, and the service's close() runs. */
  let state: 'starting' | 'serving' | 'draining' | 'ending' = 'starting';
  /** Also true while a stopping server waits for load balancers to notice. */
  let isUnready = false;
  let service: Service | undefined;
  let reporter: Reporter | undefined;
  let drain: () => Promise<void> = () => Promise.resolve();

  const isEnding = () => state === 'ending';
  const end = async (exitCode: 0 | 1) => {
    if (isEnding()) return;
    state = 'ending';
    if (service?.close !== undefined) tell({ type: 'closing' });
    const isClosed = service === undefined || (await callHook(service, 'close', log));
    await reporter?.finish();
    recorder.flush(() => process.exit(isClosed ? exitCode : 1));
  };

  process.on('message', (message: ToWorker | null) => {
    if (message?.type === 'unready' || message?.type === 'drain') isUnready = true;
    if (message?.type !== 'drain') return;
    // Before it listens there is nothing to finish, and Node's cluster breaks if a server is closed while starting to listen.
    if (state === 'starting') void end(0);
    if (state !== 'serving') return;
    state = 'draining';
    restoreSend();
    void drain().then(() => end(0));
  });

  const unstarted = (error: unknown) => {
    tell({ type: 'unstarted', reason: reasonOf(error), exitCode: exitCodeOf(error) }, () => void end(1));
  };
  // Unhandled rejections end up here too.
  process.on('uncaughtException', (error: unknown) => {
    if (state === 'starting') {
      unstarted(error);
      return;
    }
    recorder.onException();
    tell({ type: 'failing', reason: 'uncaught exception' });
    log.fatal({ err: asError(error) }, 'uncaught exception');
  });
  // Without the channel, it could not be told to drain. If the service has called process.disconnect(), Node exits it.
  process.on('disconnect', () => process.exit(0));
  keepListeners();

  try {
    const exchanges = new Exchanges();
    const made = await createService();
    service = made;
    if (made.metrics !== undefined) {
      await checkMetrics(made.metrics);
      reporter = createReporter(
        made.metrics,
        (metrics) => {
          tell({ type: 'metrics', metrics });
        },
        log,
      );
    }
    const isDraining = () => isUnready;
    const server = await createServiceServer(made, { config, log, isDraining, observer: recorder, exchanges });
    drain = () => {
      const drained = drainServer(server, exchanges);
      void callHook(made, 'drain', log);
      return drained;
    };
    restoreSend();
    // It was told to drain meanwhile, and the service may already have closed what it needs.
    if (isEnding()) return;
    await listen(server, { host: config.HOST, port: config.PORT, variable: 'PORT' });
    if (isEnding()) return;
    state = 'serving';
    const vitals = createVitals();
    const beat = () => {
      // The service has closed the server, or has had Node's cluster do it.
      if (state === 'serving' && !server.listening) tell({ type: 'failing', reason: 'it does not listen any more' });
      tell({ type: 'beat', vitals: vitals() });
    };
    beat();
    setInterval(beat, BEAT_MS).unref();
    reporter?.start();
  } catch (error) {
    unstarted(error);
  }
}
