// Ends workers whose primary was killed, and who cannot notice because their event loop is blocked.
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads "+ pid" and "- pid" until the primary is gone, and then kills what is left. A shell, because it is small; deaf to the
 * terminal's signals, which are the primary's to handle.
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

/** Starts the guardian of this process's workers. Where it cannot run, all is as it would be without. */
export function startGuardian(): Guardian {
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
  shell.on('error', () => undefined);
  shell.unref();
  // There is none where no descriptors were left for it.
  const stdin = shell.stdin as Writable | undefined;
  stdin?.on('error', () => undefined);
  return {
    guard: (pid) => stdin?.write(`+ ${String(pid)}\n`),
    release: (pid) => stdin?.write(`- ${String(pid)}\n`),
  };
}
