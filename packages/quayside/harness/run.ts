// A command as a child process, whose lines and end a test waits for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Running {
  pid: number;
  /** All that it has written so far, stdout and stderr. */
  output: () => string;
  /** Waits for a line, also one already written; rejects when the command ends without it. */
  line: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Its end. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The end of it and of every process that it started: each of them holds its output open. */
  closed: Promise<void>;
  kill: (signal: NodeJS.Signals) => void;
  /** As Ctrl-C does: signals it and all that it started. */
  killGroup: (signal: NodeJS.Signals) => void;
}

const started: Running[] = [];

/**
 * Starts a command in a process group of its own.
 * @param options.env - added to the environment, of which no setting of the server is passed on
 */
export function run(
  command: string,
  { args = [], cwd = process.cwd(), env = {} }: { args?: string[]; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const { PATH } = process.env;
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, ...env } });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} could not be started`);

  let output = '';
  const take = (text: string) => {
    output += text;
    child.emit('output');
  };
  // A chunk may end in the middle of a character.
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  let ended = false;
  const closed = once(child, 'close').then(() => {
    ended = true;
    child.emit('output');
  });

  const running: Running = {
    pid,
    output: () => output,
    line: async (pattern) => {
      for (;;) {
        const found = new RegExp(pattern, 'm').exec(output.slice(0, output.lastIndexOf('\n') + 1));
        if (found) return found;
        if (ended) throw new Error(`ended without a line that matches ${String(pattern)}:\n${output}`);
        await once(child, 'output');
      }
    },
    exited: once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    })),
    closed,
    kill: (signal) => child.kill(signal),
    killGroup: (signal) => {
      try {
        process.kill(-pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
  };
  started.push(running);
  return running;
}

/** Ends whatever a failed test has left running. */
export async function endAll(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  for (const running of started) running.killGroup(signal);
  await Promise.all(started.splice(0).map(({ closed }) => closed));
}
