// The primary: forks the workers, watches over them, reloads them without losing a request, and stops them all. It
// serves nothing but the stats.
import cluster from 'node:cluster';
import { setTimeout as pause } from 'node:timers/promises';
import { createStatsServer } from '../stats/server';
import { readBuild } from '../settings/service';
import { heapLimit, isShortOfPids, isTight } from '../settings/capacity';
import type { Config } from '../settings/config';
import { asError, exitUnstarted, reasonOf } from '../process/failure';
import { startGuardian } from '../process/guardian';
import { listen } from '../process/listen';
import { createLog } from '../process/log';
import { BEAT_MS } from '../worker/messages';
import { drain, forkProcess, kill, nameOf, tell, type Process } from './handle';
import { createSlots, inState, occupy, takeSnapshot, vacate, type Slot } from './slots';
import { isBlocked, isDue, wearOf } from './wear';

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
  const { HOST: host, PORT: port, STATS_HOST: statsHost, STATS_PORT: statsPort, WORKERS: workers } = config;
  const log = createLog(config);
  const slots = createSlots(workers);
  /** Slots in which a new process is to take the old one's place, one after the other. */
  const renewals = new Set<Slot>();
  let renewing = false;
  let reloading = false;
  /** Whether a worker has come up, and whether all have. */
  let served = false;
  let ready = false;
  /** When the first signal to stop came, in ms since the epoch. */
  let stoppedAt = Infinity;
  const isStopping = () => stoppedAt < Infinity;
  let exitCode = 0;

  process.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onReload);
  try {
    if (statsPort > 0) {
      const service = readBuild();
      const onError = (error: unknown) => {
        log.error({ err: asError(error) }, 'stats failed');
      };
      const stats = createStatsServer(() => takeSnapshot(slots, config, service), onError);
      await listen(stats, { host: statsHost, port: statsPort, variable: 'STATS_PORT' });
    }
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
  const guardian = startGuardian();
  // Each worker accepts for itself: no connection is given to one that dies or is blocked before it takes it.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ execArgv: [...process.execArgv, ...heapLimit(workers)] });
  const tooSmall = 'is too small for so many workers: raise it, or set WORKERS';
  if (isTight(workers)) log.warn({ workers }, `the memory limit ${tooSmall}`);
  if (isShortOfPids(workers)) log.warn({ workers }, `the limit of processes ${tooSmall}`);
  slots.forEach(fork);
  setInterval(() => {
    slots.forEach(beat);
  }, BEAT_MS);

  // Fork

  function fork(slot: Slot): Process {
    const onFailing = () => {
      watch(slot);
    };
    const own = forkProcess(slot.id, { port, startTimeout: config.START_TIMEOUT, guardian, onFailing });
    occupy(slot, own);
    void own.up.then((isUp) => {
      if (isUp) onUp(slot, own);
    });
    void own.ended.then(({ code, signal }) => {
      vacate(slot, own);
      onEnd(slot, own, code, signal);
    });
    return own;
  }

  function onUp(slot: Slot, own: Process) {
    slot.failures = 0;
    served = true;
    if (ready) log.info(nameOf(own), 'worker up');
    else if (slots.every((one) => inState(one, 'serving'))) {
      ready = true;
      const stats = statsPort > 0 ? { statsHost, statsPort } : { statsPort: 'off' };
      log.info({ host, port, ...stats, workers }, 'ready');
    }
  }

  function onEnd(slot: Slot, own: Process, code: number | null, signal: NodeJS.Signals | null) {
    if (isStopping()) {
      if (code !== 0) exitCode = 1;
      exitWhenAlone();
    } else if (!served && slots.every(({ failures }) => failures > 0)) {
      exitUnstarted(own.reason ?? `worker ${String(slot.id)} ended by ${signal ?? `exit code ${String(code)}`}`);
    } else {
      // Where none comes up, the reason is said once, at the end.
      const reason = served ? own.reason : undefined;
      if (own.state !== 'draining') log.error({ ...nameOf(own), code, signal, reason }, 'worker died');
      else if (code !== 0) log.warn({ ...nameOf(own), code, signal }, 'worker died while it drained');
      watch(slot);
    }
  }

  // Watch

  function beat(slot: Slot) {
    for (const own of slot.processes) {
      if (own.state !== 'starting') own.missed += 1;
      if (!isBlocked(own, config)) continue;
      slot.harakiris += 1;
      log.error(nameOf(own), `killing a worker whose event loop was blocked for HARAKIRI=${String(config.HARAKIRI)} s`);
      kill(own);
    }
    watch(slot);
  }

  /** Sees to it that a slot has a process, and not one for too long. */
  function watch(slot: Slot) {
    if (isStopping() || Date.now() < slot.notBefore || inState(slot, 'starting')) return;
    const serving = inState(slot, 'serving');
    if (serving === undefined) fork(slot);
    else if (isDue(serving, config)) renew([slot]);
  }

  // Reload

  function onReload(signal: NodeJS.Signals) {
    if (isStopping()) return;
    log.info({ signal }, 'reloading');
    reloading = true;
    renew(slots);
  }

  function renew(some: Slot[]) {
    for (const slot of some) renewals.add(slot);
    if (!renewing) void renewAll();
  }

  async function renewAll() {
    renewing = true;
    // A Set may grow while it is gone through: what is added is come to.
    for (const slot of renewals) {
      renewals.delete(slot);
      await inState(slot, 'starting')?.up;
      if (isStopping()) return;
      const old = inState(slot, 'serving');
      const next = fork(slot);
      const isUp = await next.up;
      if (isStopping()) return;
      if (!isUp) {
        log.error({ worker: slot.id, reason: next.reason }, 'the new worker did not come up: no more are replaced');
        renewals.clear();
      } else if (old?.state === 'serving') {
        log.info({ ...nameOf(old), reason: wearOf(old, config) ?? 'reload' }, 'worker drains');
        // One that fails is not trusted for longer than need be.
        drain(old, old.reason === undefined ? 'RELOAD_MERCY' : 'GRACE', config, log);
        await Promise.race([old.ended, pause(config.GRACE * 1000)]);
      }
    }
    renewing = false;
    if (reloading) log.info('reload ended');
    reloading = false;
  }

  // Stop

  function onStop(signal: NodeJS.Signals) {
    if (!isStopping()) {
      log.info({ signal }, 'stopping');
      stoppedAt = Date.now();
      for (const own of processes()) tell(own, { type: 'unready' });
      setTimeout(() => {
        for (const own of processes()) drain(own, 'GRACE', config, log);
        exitWhenAlone();
      }, config.DRAIN_DELAY * 1000);
    } else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) {
      log.warn({ signal }, 'stopping at once');
      exitCode = 1;
      processes().forEach(kill);
      exitWhenAlone();
    }
  }

  function processes() {
    return slots.flatMap((slot) => [...slot.processes]);
  }

  function exitWhenAlone() {
    if (processes().length > 0) return;
    log.info({ exitCode }, 'stopped');
    process.exit(exitCode);
  }
}
