// The primary: forks the workers, supervises them, reloads them without losing a request, and stops them. It serves only
// the stats.
import cluster from 'node:cluster';
import { join } from 'node:path';
import { asError, exitUnstarted, reasonOf } from '../process/failure';
import { startGuardian } from '../process/guardian';
import { listen } from '../process/listen';
import { createLog, type Logger } from '../process/log';
import { outletOf } from '../process/outlet';
import { handleSignals } from '../process/signals';
import { collectionOptions, heapLimit, isShortOfPids, isTight } from '../settings/capacity';
import type { Config } from '../settings/config';
import { readService } from '../settings/service';
import { createStatsServer } from '../stats/server';
import { BEAT_MS } from '../worker/messages';
import { Pool } from './pool';
import { Shutdown } from './shutdown';
import { createSlots, type Slot } from './slots';
import { takeSnapshot } from './snapshot';

/**
 * Runs the production server until a signal stops it, and exits the process: with 0 if every request was finished, with 1
 * if one was cut or the server could not start.
 * @param file - of the service, absolute
 */
export async function startPrimary(config: Config, file: string): Promise<void> {
  const log = createLog(config);
  outletOf(2).onRoom = outletOf(1).onRoom;
  const slots = createSlots(config.WORKERS);
  const shutdown = new Shutdown(slots, config, log);
  handleSignals(['SIGTERM', 'SIGINT'], (signal) => {
    shutdown.onSignal(signal);
  });
  try {
    if (config.STATS_PORT > 0) await serveStats(slots, config, log, file);
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
  const pool = new Pool(slots, { config, log, guardian: startGuardian(), shutdown });
  handleSignals(['SIGHUP'], (signal) => {
    pool.reload(signal);
  });
  setUpCluster(config.WORKERS, file);
  warnOfLimits(config.WORKERS, log);
  pool.start();
  setInterval(() => {
    pool.beat();
  }, BEAT_MS);
}

async function serveStats(slots: Slot[], config: Config, log: Logger, file: string): Promise<void> {
  const service = readService(file);
  const onError = (error: unknown) => {
    log.error({ err: asError(error) }, 'stats failed');
  };
  const stats = createStatsServer(() => takeSnapshot(slots, config, service), {
    hosts: config.STATS_HOSTS,
    onError,
  });
  await listen(stats, { host: config.STATS_HOST, port: config.STATS_PORT, variable: 'STATS_PORT' });
}

function setUpCluster(workers: number, file: string): void {
  // Workers accept for themselves, so no connection is handed to a worker that dies or is blocked.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: join(__dirname, '../worker/main.js'),
    args: [file],
    // Output goes through the primary, so a slow reader never blocks a worker.
    stdio: ['inherit', 'pipe', 'pipe', 'ipc'],
    // Of two options that differ, the later one counts: the user's own.
    execArgv: [...collectionOptions(), ...process.execArgv, '--enable-source-maps', ...heapLimit(workers)],
  });
}

function warnOfLimits(workers: number, log: Logger): void {
  const tooSmall = 'is too small for so many workers: raise it, or set WORKERS';
  if (isTight(workers)) log.warn({ workers }, `the memory limit ${tooSmall}`);
  if (isShortOfPids(workers)) log.warn({ workers }, `the process limit ${tooSmall}`);
}
