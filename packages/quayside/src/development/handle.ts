// A worker, as the primary sees it: it is forked, told to begin, and drained.
import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../process/channel';
import type { Logger } from '../process/log';
import { forkLoader, type LoaderOptions } from './fork';
import type { ToPrimary, ToWorker } from './messages';

/** A worker, from its fork to its end. */
export interface WorkerHandle {
  child: ChildProcess;
  /**
   * starting: loads everything but the service. ready: waits to be told to begin. beginning: has been told to, possibly
   * before it could hear. loading: loads the service. serving: has reported that it serves. ending: was told to end, or
   * ends by itself; its messages are ignored.
   */
  state: 'starting' | 'ready' | 'beginning' | 'loading' | 'serving' | 'ending';
}

/** What forkWorker() needs. */
export interface ForkOptions extends LoaderOptions {
  onMessage: (worker: WorkerHandle, message: ToPrimary) => void;
  /** Called once, with a description of how it ended. */
  onEnd: (worker: WorkerHandle, how: string) => void;
}

/** Forks a worker. It serves nothing until it is told to begin. */
export function forkWorker({ onMessage, onEnd, ...options }: ForkOptions): WorkerHandle {
  const child = forkLoader('worker.js', options);
  const worker: WorkerHandle = { child, state: 'starting' };
  let hasEnded = false;
  const end = (how: string) => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(worker, how);
  };
  // Not 'exit', which may come before the last message is read.
  child.once('close', (code, signal) => {
    end(`The server exited unexpectedly, ${signal === null ? `exit code ${String(code)}` : `by ${signal}`}.`);
  });
  child.on('error', (error) => {
    end(error.message);
  });
  child.on('message', (received: unknown) => {
    const message = messageOf(received) as ToPrimary | undefined;
    if (message !== undefined) onMessage(worker, message);
  });
  return worker;
}

/** Sends a message. If it does not arrive, the worker has ended or could not be forked, and onEnd() reports that. */
export function tell({ child }: WorkerHandle, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined);
}

/**
 * Tells a worker to finish and exit, and kills it if it does not do so in time.
 * @param within - how long it may take, in ms
 * @param log - gets a line before it is killed
 * @returns a promise that resolves when it has ended
 */
export function drain(worker: WorkerHandle, within: number, log: Logger): Promise<void> {
  const { child } = worker;
  let what = worker.state === 'serving' ? 'the requests that are still in flight' : 'code that is still loading';
  child.on('message', (received: unknown) => {
    if ((messageOf(received) as ToPrimary | undefined)?.type === 'closing') what = 'close()';
  });
  worker.state = 'ending';
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      log.warn(`ending ${what} after ${String(within)} ms`);
      child.kill('SIGKILL');
    }, within);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    tell(worker, { type: 'drain' });
  });
}
