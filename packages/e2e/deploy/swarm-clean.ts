// Removes a Swarm of swarm-cluster.ts once stdin has ended: its processes, mounts, namespaces and files.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { eventually } from '../../quayside/harness/eventually';

const [name = '', dir = ''] = process.argv.slice(2);

/** How long an engine has to end by itself, in ms. */
const PATIENCE_MS = 20_000;

/** What runs in a namespace: a daemon, its containerd, and of each container what watches it, but not the container. */
function pidsIn(namespace: string): number[] {
  return execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);
}

/** Reads what the kernel says of a process: nothing where it has just ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8').trim();
  } catch {
    return '';
  }
}

function kill(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

const isNamed = (name: string) => (pid: number) => read(pid, 'comm').startsWith(name);
const childrenOf = (pid: number) =>
  read(pid, `task/${String(pid)}/children`)
    .split(' ')
    .filter(Boolean)
    .map(Number);

/** Ends an engine, and its containers. */
async function endEngine(namespace: string): Promise<void> {
  kill(pidsIn(namespace).filter(isNamed('dockerd')), 'SIGTERM');
  await eventually(() => {
    const pids = pidsIn(namespace);
    // The daemon gives each container its time to end, and then removes what was made for it. That time is not needed.
    kill(pids.filter(isNamed('containerd-shim')).flatMap(childrenOf), 'SIGKILL');
    if (!pids.some(isNamed('dockerd'))) kill(pids, 'SIGKILL');
    return pids.length === 0 || undefined;
  }, PATIENCE_MS).catch(() => {
    kill(pidsIn(namespace), 'SIGKILL');
  });
}

async function clean(): Promise<void> {
  const namespaces = (existsSync('/var/run/netns') ? readdirSync('/var/run/netns') : []).filter((namespace) =>
    namespace.startsWith(`${name}-`),
  );
  await Promise.all(namespaces.map(endEngine));
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounts.reverse()) execFileSync('umount', ['--lazy', path]);
  for (const namespace of namespaces) execFileSync('ip', ['netns', 'delete', namespace]);
  rmSync(dir, { recursive: true, force: true });
}

// Ctrl-C is for whoever made the Swarm; this process comes after that one.
process.on('SIGINT', () => undefined);
void text(process.stdin).then(clean);
