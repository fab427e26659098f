// A soak test of the real program as a process on this host.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { fetchStats } from '../../harness/fetch';
import { freePorts } from '../../harness/ports';
import { program } from '../../harness/paths';
import { writeProject } from '../../harness/project';
import { endAll, run, type Running } from '../../harness/run';
import type { Stats } from '../../harness/server';
import { DEFAULT_RELOADS, soak, type Report, type SoakOptions } from './soak';

export const serviceFile = join(__dirname, 'service.ts');

export interface HostOptions extends SoakOptions {
  workers?: number;
  /** Whether every request is logged, into a pipe that nobody reads. */
  unread?: boolean;
}

/** Starts the production server in a copy of the project, and runs the soak test. */
export async function soakHost({ workers = 2, unread = false, ...options }: HostOptions = {}): Promise<Report> {
  const [port, statsPort] = (await freePorts(2)) as [number, number];
  // The project's own, if there is one, may be another version.
  const source = readFileSync(serviceFile, 'utf8').replace("'ws'", JSON.stringify(require.resolve('ws')));
  const project = writeProject(source);
  const pipe = unread ? openPipe(join(project.dir, 'pipe')) : undefined;
  try {
    const env = { PORT: String(port), STATS_PORT: String(statsPort), WORKERS: String(workers) };
    const server = unread
      ? run('sh', { args: ['-c', 'exec "$0" serve dist/identidock.js >pipe 2>&1', program], cwd: project.dir, env })
      : run(program, {
          args: ['serve', 'dist/identidock.js'],
          cwd: project.dir,
          env: { ...env, ACCESS_LOG: 'off' },
        });
    const logged = unread ? toldByStats(statsPort, workers, options.reloads) : loggedBy(server);
    await logged('ready', 1);
    const report = await soak(
      {
        port,
        statsPort,
        signal: (signal) => {
          server.kill(signal);
        },
        logged,
        killWorker: (pid) => {
          process.kill(pid, 'SIGKILL');
        },
        exitCode: async () => (await server.exited).code,
      },
      options,
    );
    return report;
  } finally {
    await endAll();
    if (pipe !== undefined) closeSync(pipe);
    project.remove();
  }
}

/** Makes a pipe and holds it open, so that writers do not wait for a reader. */
function openPipe(path: string): number {
  execFileSync('mkfifo', [path]);
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** Like loggedBy(), but from the stats, for a log that cannot be read. */
function toldByStats(statsPort: number, workers: number, reloads = DEFAULT_RELOADS) {
  return (message: string, times: number) =>
    eventually(async () => {
      const stats = JSON.parse((await fetchStats(statsPort)).body) as Stats;
      const spawns = stats.workers.reduce((total, { respawn_count }) => total + respawn_count, 0);
      const awaited = { ready: 0, 'reload ended': times * workers }[message] ?? reloads * workers + 1;
      const areUp = stats.workers.every(({ accepting }) => accepting === 1);
      return (areUp && spawns - workers >= awaited) || undefined;
    });
}

/** @returns a function that waits until a message occurs a number of times in a command's output */
export function loggedBy({ line }: Running) {
  return (message: string, times: number) => {
    // Anchored, and only up to the next occurrence: a looser pattern takes minutes to fail.
    const next = `(?:(?!"${message}")[^])*"${message}"`;
    return line(new RegExp(`(?<![^])(?:${next}){${String(times)}}`));
  };
}
