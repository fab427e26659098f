// The primary: forks the workers, replaces one that dies, and stops them all. It serves nothing but the stats.
import cluster from 'node:cluster';
import { createStatsServer } from '../stats/server';
import type { Config } from './config';
import { exitUnstarted, reasonOf } from './failure';
import { listen } from './listen';
import { createLog } from './log';
import { SLOT, type ToPrimary, type ToWorker } from './messages';
import { createSlots, occupy, takeSnapshot, vacate, type Slot } from './slots';

/** A worker that dies is replaced at once; one that never listened, after this long, doubled each time in a row, in ms. */
const BACK_OFF_MS = 100;
const MOST_BACK_OFF_MS = 30_000;

/**
 * A second signal within this long is the first one again, in ms: Ctrl-C reaches the whole process group, and npm and
 * timeout(1) pass it on besides.
 */
const SAME_SIGNAL_MS = 200;

/**
 * Runs the production server until a signal stops it, and exits the process: with 0 where every request was finished,
 * with 1 where one was cut or the server could not start.
 */
export async function startPrimary(config: Config): Promise<void> {
  const log = createLog(config);
  const slots = createSlots(config.workers);
  let started = false;
  let stopping = false;
  let stoppedAt = 0;
  let exitCode = 0;

  const { host, port, statsHost, statsPort, workers, grace } = config;
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    const stats = createStatsServer(() => takeSnapshot(slots));
    await listen(stats, { host: statsHost, port: statsPort, variable: 'STATS_PORT' });
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
  slots.forEach(fork);

  function fork(slot: Slot) {
    const worker = cluster.fork({ [SLOT]: String(slot.id) });
    occupy(slot, worker);
    let reason: string | undefined;
    // The service may send messages of its own; they are nobody's.
    worker.on('message', (message: ToPrimary | null) => {
      if (message?.type === 'counts') slot.counts = message;
      else if (message?.type === 'failed') reason = message.reason;
    });
    worker.on('error', (error: Error) => {
      // It could not be forked, or has gone; 'close' follows either.
      reason ??= error.message;
    });
    worker.on('listening', (address) => {
      // A service may listen on ports of its own, too.
      if (address.port !== port) return;
      slot.listening = true;
      if (started) log.info({ worker: slot.id, pid: worker.process.pid }, 'worker replaced');
      else if (slots.every(({ listening }) => listening)) {
        started = true;
        log.info({ host, port, statsHost, statsPort, workers }, 'ready');
      }
    });
    // Not 'exit', which may come before the last message is read.
    worker.process.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      const neverServed = !slot.listening;
      vacate(slot);
      if (stopping) {
        if (code !== 0) exitCode = 1;
        exitWhenAlone();
      } else if (neverServed && !started) {
        endNow();
        exitUnstarted(reason ?? `worker ${String(slot.id)} ended by ${signal ?? `exit code ${String(code)}`}`);
      } else {
        log.error({ worker: slot.id, pid: worker.process.pid, code, signal, reason }, 'worker died');
        replace(slot);
      }
    });
  }

  function replace(slot: Slot) {
    const delay = slot.failures === 0 ? 0 : Math.min(BACK_OFF_MS * 2 ** (slot.failures - 1), MOST_BACK_OFF_MS);
    setTimeout(() => {
      if (!stopping) fork(slot);
    }, delay);
  }

  function onSignal(signal: NodeJS.Signals) {
    if (!stopping) {
      log.info({ signal }, 'stopping');
      stop();
    } else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) {
      log.warn({ signal }, 'stopping at once');
      endNow();
    }
  }

  function stop() {
    stopping = true;
    stoppedAt = Date.now();
    for (const { worker } of slots) {
      // Where the message does not arrive, the worker is ending, and its exit says so.
      worker?.send({ type: 'drain' } satisfies ToWorker, () => undefined);
    }
    setTimeout(() => {
      log.warn(`ending the requests that are still in flight after GRACE=${String(grace)} s`);
      endNow();
    }, grace * 1000);
    exitWhenAlone();
  }

  function endNow() {
    exitCode = 1;
    for (const { worker } of slots) worker?.process.kill('SIGKILL');
  }

  function exitWhenAlone() {
    if (slots.some(({ worker }) => worker !== undefined)) return;
    log.info({ exitCode }, 'stopped');
    process.exit(exitCode);
  }
}
