// Containers, and their CPU time and memory as reported by the Engine.
import { execFileSync } from 'node:child_process';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';

/** What a container has used. */
export interface Usage {
  /** CPU time of all its processes since it started, in microseconds. */
  cpu: number;
  /** Without what the kernel could drop at once, in MB, as in `docker stats`. */
  memory: number;
}

/** The used part of the Engine's response. https://docs.docker.com/reference/api/engine/ (ContainerStats) */
interface Stats {
  /** In ns. */
  cpu_stats: { cpu_usage: { total_usage: number } };
  /** In bytes; with the names of cgroups version 2 and version 1. */
  memory_stats: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
}

/**
 * Runs docker.
 * @returns its stdout, trimmed
 * @throws Error with its stderr if the exit code is not 0
 */
export function docker(...args: string[]): string {
  return execFileSync('docker', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
  }).trim();
}

let socketPath: string | undefined;

/** Asks the Engine what a container has used, at no cost to the container. */
export async function usageOf(container: string): Promise<Usage> {
  socketPath ??= /^unix:\/\/(.+)/.exec(docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'))?.[1];
  if (socketPath === undefined)
    throw new Error('docker context: expected an Engine at a unix:// address, on this machine');
  const path = `/containers/${container}/stats?stream=false&one-shot=true`;
  const stats = await new Promise<Stats>((resolve, reject) => {
    get({ socketPath, path, headers: { Host: 'docker' } }, (res) => {
      json(res).then((answer) => {
        resolve(answer as Stats);
      }, reject);
    }).on('error', reject);
  });
  const { usage, stats: kinds = {} } = stats.memory_stats;
  if (usage === undefined) {
    const [name, state] = docker('inspect', '--format', '{{.Config.Image}} {{.State.Status}}', container).split(' ');
    throw new Error(`the container of ${name ?? ''} is ${state ?? ''}: ${JSON.stringify(stats)}`);
  }
  return {
    cpu: stats.cpu_stats.cpu_usage.total_usage / 1000,
    memory: (usage - (kinds.inactive_file ?? kinds.total_inactive_file ?? 0)) / 1e6,
  };
}

/**
 * @returns the memory of all processes of a container, in MB: each one's own, and its share of what it shares with others
 * on the machine (Pss). https://docs.kernel.org/filesystems/proc.html
 */
export function pssOf(container: string): number {
  // The shell reads the files itself, because another program would share pages with the measured processes.
  const script = `
for file in /proc/[0-9]*/smaps_rollup; do
  [ "$file" = "/proc/$$/smaps_rollup" ] && continue
  while read -r name size _; do
    if [ "$name" = Pss: ]; then sum=$((sum + size)); fi
  done <"$file"
done
echo "$sum"`;
  return (Number(docker('exec', container, 'sh', '-euc', `sum=0; ${script}`)) * 1024) / 1e6;
}
