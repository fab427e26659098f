// Forks the processes of the development server.
import { ChildProcess, fork, type ForkOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { asError } from '../process/failure';
import type { Guardian } from '../process/guardian';
import { COMPILER_FD } from './messages';
import { tsconfigOf } from './nearest';

/** Receives the socket through which a process talks to the compiler; undefined if there is no compiler. */
export type OnSocket = ((socket: Socket) => void) | undefined;

/** Node's options. The debugger's messages at each reload would drown out the rest. */
const execArgv = ['--enable-source-maps', '--inspect-publish-uid=http', '--disable-warning=SecurityWarning'];

/** Forks a file next to this one. If Node throws, the child emits an error, as for any other failure. */
export function forkChild(name: string, args: string[], options: ForkOptions = {}): ChildProcess {
  try {
    return fork(join(__dirname, name), args, options);
  } catch (error) {
    const child = new ChildProcess();
    process.nextTick(() => child.emit('error', asError(error)));
    return child;
  }
}

/** What a process that loads the service's files needs. */
export interface LoaderOptions {
  /** Of the service, absolute: the first argument of the process. */
  file: string;
  onSocket: OnSocket;
  guardian: Guardian;
}

/**
 * Forks a file next to this one that loads the service's files, and guards it as long as it runs.
 * @param more - its other arguments
 */
export function forkLoader(name: string, options: LoaderOptions, ...more: string[]): ChildProcess {
  const { file, onSocket, guardian } = options;
  // For modules that tsconfig.json loads before the service, such as tsconfig-paths.
  const project = process.env.TS_NODE_PROJECT ?? tsconfigOf(file);
  const env = project === undefined ? process.env : { ...process.env, TS_NODE_PROJECT: project };
  // The last is COMPILER_FD.
  const stdio: ForkOptions['stdio'] = ['inherit', 'inherit', 'inherit', 'ipc', ...(onSocket ? ['pipe' as const] : [])];
  const child = forkChild(name, [file, ...more], { execArgv, env, stdio });
  const socket = (child.stdio as (Socket | null)[] | undefined)?.[COMPILER_FD];
  if (socket) onSocket?.(socket);
  const { pid } = child;
  if (pid !== undefined) {
    guardian.guard(pid);
    child.once('exit', () => {
      guardian.release(pid);
    });
  }
  return child;
}
