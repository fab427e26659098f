// The workers of the development server: one serves, and one is ready to take its place at the next change.
import { fork, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { startGuardian } from '../process/guardian';
import type { Logger } from '../process/log';
import type { Connections } from './connections';
import type { ToPrimary, ToWorker } from './messages';

/** How long requests in flight may take to finish when the code has changed, in ms. */
const MERCY_MS = 1000;
/** The same when the development server stops. */
const STOP_MS = 500;

/** What has a process run TypeScript. */
const TS_NODE = 'ts-node/register/transpile-only';

/** The workers. */
export interface Reloader {
  /** Serves the code as it is now. */
  reload: () => void;
  /** Ends all workers; resolves when they have ended. */
  stop: () => Promise<void>;
}

/**
 * Readies a worker, which serves from the first reload on.
 * @param onServing - called each time that one serves
 */
export function startWorkers(connections: Connections, log: Logger, onServing: () => void): Reloader {
  const guardian = startGuardian();
  const workers = new Set<ChildProcess>();
  /** Has begun, or will when it is there. */
  let current: ChildProcess | undefined;
  /** Waits for the word to begin. */
  let spare: ChildProcess | undefined;
  let changedAt = performance.now();
  /** Counts the changes. */
  let change = 0;
  /** The current worker has begun to load the service. */
  let isLoading = false;
  let isLeaving = false;
  let stopping = false;

  const tell = (worker: ChildProcess, message: ToWorker) => {
    // Where it does not arrive, the worker is ending, and its end says so.
    worker.send(message, () => undefined);
  };

  const forkWorker = (): ChildProcess => {
    const worker = fork(resolve('app/development/worker.ts'), {
      // What the debugger says at each reload would drown the rest.
      execArgv: ['--inspect-publish-uid=http', '--disable-warning=SecurityWarning', '-r', TS_NODE],
    });
    const { pid } = worker;
    if (pid !== undefined) guardian.guard(pid);
    workers.add(worker);
    let ended = false;
    const onEnd = (how: string) => {
      if (ended) return;
      ended = true;
      workers.delete(worker);
      if (pid !== undefined) guardian.release(pid);
      if (worker === spare) spare = undefined;
      else if (worker === current) onFailed(how);
    };
    // Not 'exit', which may come before the last message is read.
    worker.once('close', (code, signal) => {
      onEnd(`The server has ended by itself, ${signal === null ? `exit code ${String(code)}` : `by ${signal}`}.`);
    });
    worker.once('error', (error) => {
      onEnd(error.message);
    });
    // The service may send messages of its own; they are nobody's.
    worker.on('message', (message: ToPrimary | null) => {
      if (message?.type === 'ready' && worker === spare) log.debug('ready for the next change');
      if (worker !== current || message === null) return;
      if (message.type === 'loading') {
        isLoading = true;
        if (message.change !== change) leave();
      } else if (message.type === 'serving') {
        connections.giveTo(worker);
        log.info(`serving after ${(performance.now() - changedAt).toFixed()} ms`);
        spare ??= forkWorker();
        onServing();
      } else if (message.type === 'stale') {
        current = undefined;
        worker.kill('SIGKILL');
        begin();
      } else if (message.type === 'failed') {
        onFailed(message.reason);
      }
    });
    return worker;
  };

  const begin = () => {
    current = spare ?? forkWorker();
    spare = undefined;
    isLoading = false;
    tell(current, { type: 'begin', change });
  };

  /** Ends the current worker and has another begin. */
  const leave = () => {
    // Whoever follows the one that is about to end serves this change, too.
    if (isLeaving) return;
    isLeaving = true;
    const old = current;
    current = undefined;
    void (old === undefined ? Promise.resolve() : end(old, MERCY_MS)).then(() => {
      isLeaving = false;
      if (!stopping) begin();
    });
  };

  const onFailed = (reason: string) => {
    current = undefined;
    log.error(`${reason}\nWaiting for a change.`);
    connections.fail(reason);
    if (!stopping) spare ??= forkWorker();
  };

  /** Ends a worker, at the latest after some ms. */
  const end = (worker: ChildProcess, within: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        log.warn(`ending the requests that are still in flight after ${String(within)} ms`);
        worker.kill('SIGKILL');
      }, within);
      worker.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      tell(worker, { type: 'drain' });
    });

  spare = forkWorker();
  return {
    reload: () => {
      changedAt = performance.now();
      change += 1;
      connections.hold();
      // One that is still about to begin serves this change as well, and where saves come fast, nobody would get to the end.
      if (current !== undefined && !isLoading) tell(current, { type: 'begin', change });
      else leave();
    },
    stop: async () => {
      stopping = true;
      const unused = spare;
      current = spare = undefined;
      unused?.kill('SIGKILL');
      await Promise.all([...workers].filter((worker) => worker !== unused).map((worker) => end(worker, STOP_MS)));
    },
  };
}
