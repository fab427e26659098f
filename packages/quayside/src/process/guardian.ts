// Kills workers that outlive a killed primary because their event loop is blocked.
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads "+ pid" and "- pid" until the primary is gone, then kills what is left. It is a shell because that is small, and
 * it ignores the terminal's signals, which only the primary handles.
 */
const script = `
trap '' HUP INT TERM
pids=
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -) left=; for p in $pids; do [ "$p" = "$pid" ] || left="$left $p"; done; pids=$left ;;
  esac
done
[ -z "$pids" ] || kill -KILL $pids
`;

export interface Guardian {
  guard: (pid: number) => void;
  release: (pid: number) => void;
}

/** Starts the guardian of this process's workers. If it cannot run, the server runs without one. */
export function startGuardian(): Guardian {
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
  shell.on('error', () => undefined);
  shell.unref();
  // Missing if there were no file descriptors left for it.
  const stdin = shell.stdin as Writable | undefined;
  stdin?.on('error', () => undefined);
  return {
    guard: (pid) => stdin?.write(`+ ${String(pid)}\n`),
    release: (pid) => stdin?.write(`- ${String(pid)}\n`),
  };
}
