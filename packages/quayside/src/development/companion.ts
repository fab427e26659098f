// A process next to the workers that survives all reloads. It is started on first use, and again after it has exited.
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { setPriority } from 'node:os';
import type { Guardian } from '../process/guardian';
import { forkChild } from './fork';

/** How to start it. */
export interface CompanionOptions {
  /** File name of its entry, next to this file. */
  name: string;
  /** Of the service. */
  file: string;
  /** Its niceness, from 0 to 19, as for nice(1). */
  niceness: number;
  guardian: Guardian;
  /** Called when it has exited by itself, with a description of how. */
  onEnd: (how: string) => void;
}

export interface Companion {
  /** Starts it if needed, and sends it a message. A socket sent along no longer belongs to this process. */
  tell: (message: object, socket?: Socket) => void;
  /** Sends it a message if it is running. */
  tellRunning: (message: object) => void;
  /** Kills it, if it is running. */
  kill: () => void;
}

/** A young generation of 1 MB, and explicit garbage collection after the work. */
const execArgv = ['--max-semi-space-size=1', '--expose-gc'];
/**
 * Settings of glibc's malloc return the memory that V8's threads free to the system; without the compile cache, functions
 * that are never called are not loaded. Together with the above, a type checker takes 100 MB instead of 220.
 */
const smallMemory = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16384',
  MALLOC_TRIM_THRESHOLD_: '16384',
  NODE_DISABLE_COMPILE_CACHE: '1',
};

/** Lowers a process's priority. */
function lower(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // A sandbox may forbid it.
  }
}

/** Prepares a process without starting it. */
export function createCompanion({ name, file, niceness, guardian, onEnd }: CompanionOptions): Companion {
  let running: ChildProcess | undefined;
  /** Sockets not sent yet. */
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
      // Node would keep them open, and the other end would wait forever.
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
