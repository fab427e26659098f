// Forks the processes of the development server.
import { ChildProcess, fork, type ForkOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { asError } from '../process/failure';
import type { Guardian } from '../process/guardian';
import { COMPILER_FD } from './messages';
import { tsconfigOf } from './nearest';

/** Is given the socket by which a process asks the compiler; undefined where there is none. */
export type OnSocket = ((socket: Socket) => void) | undefined;

/** Node's options. What the debugger says at each reload would drown the rest. */
const execArgv = ['--enable-source-maps', '--inspect-publish-uid=http', '--disable-warning=SecurityWarning'];

/** Forks a file beside this one; where Node throws, the child tells of that as of any other failure: by an error. */
export function forkChild(name: string, args: string[], options: ForkOptions = {}): ChildProcess {
  try {
    return fork(join(__dirname, name), args, options);
  } catch (error) {
    const child = new ChildProcess();
    process.nextTick(() => child.emit('error', asError(error)));
    return child;
  }
}

/** What a process takes that loads files of the service. */
export interface LoaderOptions {
  /** Of the service, absolute: the first argument of the process. */
  file: string;
  onSocket: OnSocket;
  guardian: Guardian;
}

/**
 * Forks a file beside this one that loads files of the service, and has it guarded as long as it runs.
 * @param more - its further arguments
 */
export function forkLoader(name: string, options: LoaderOptions, ...more: string[]): ChildProcess {
  const { file, onSocket, guardian } = options;
  // For what tsconfig.json has loaded before the service, as tsconfig-paths.
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
