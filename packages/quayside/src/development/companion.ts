// A process beside the workers that lasts over all reloads: started when it is needed first, and again after it has ended.
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { setPriority } from 'node:os';
import type { Guardian } from '../process/guardian';
import { forkChild } from './fork';

/** What it is to be started with. */
export interface CompanionOptions {
  /** Of its entry, beside this file. */
  name: string;
  /** Of the service. */
  file: string;
  /** How much it lets others have the CPU before it, from 0 to 19, as nice(1) has it. */
  niceness: number;
  guardian: Guardian;
  /** Called when it has ended by itself, with how in words. */
  onEnd: (how: string) => void;
}

export interface Companion {
  /** Starts it where it does not run, and sends it a message; a socket that goes with it is this process's no more. */
  tell: (message: object, socket?: Socket) => void;
  /** Sends it a message where it runs. */
  tellRunning: (message: object) => void;
  /** Ends it at once, if it runs. */
  kill: () => void;
}

/** A young generation of 1 MB, and garbage that is collected when the work is done. */
const execArgv = ['--max-semi-space-size=1', '--expose-gc'];
/**
 * Memory that V8's threads free goes back to the system, by settings of glibc's malloc, and the code of functions that are
 * not called is not loaded. With the above, it makes 100 MB of a type checker's 220.
 */
const smallMemory = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16384',
  MALLOC_TRIM_THRESHOLD_: '16384',
  NODE_DISABLE_COMPILE_CACHE: '1',
};

/** Lets other processes have the CPU first. */
function lower(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // A sandbox may forbid it.
  }
}

/** Prepares a process, and does not start it yet. */
export function createCompanion({ name, file, niceness, guardian, onEnd }: CompanionOptions): Companion {
  let running: ChildProcess | undefined;
  /** Those that it has not been sent yet. */
  const sockets = new Set<Socket>();

  const start = () => {
    const child = forkChild(name, [file], { execArgv, env: { ...smallMemory, ...process.env } });
    const { pid } = child;
    if (pid !== undefined) {
      guardian.guard(pid);
      if (niceness > 0) lower(pid, niceness);
    }
    const end = (how: string) => {
      if (pid !== undefined) guardian.release(pid);
      // Node keeps them, and whoever holds the other end would wait for ever.
      for (const socket of sockets) socket.destroy();
      if (running !== child) return;
      running = undefined;
      onEnd(how);
    };
    child.once('exit', (code, signal) => {
      end(signal === null ? `exit code ${String(code)}` : `by ${signal}`);
    });
    child.on('error', (error) => {
      end(error.message);
    });
    return child;
  };
  const send = (child: ChildProcess, message: object, socket?: Socket) => {
    const release = () => {
      if (socket === undefined) return;
      sockets.delete(socket);
      socket.destroy();
    };
    if (socket !== undefined) sockets.add(socket);
    if (child.connected) child.send(message, socket, {}, release);
    else release();
  };

  return {
    tell: (message, socket) => {
      running ??= start();
      send(running, message, socket);
    },
    tellRunning: (message) => {
      if (running !== undefined) send(running, message);
    },
    kill: () => {
      const child = running;
      running = undefined;
      child?.kill('SIGKILL');
    },
  };
}
