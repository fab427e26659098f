// A soak of the real program as a process of this host.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../harness/ports';
import { program } from '../../harness/paths';
import { writeProject } from '../../harness/project';
import { endAll, run, type Running } from '../../harness/run';
import { soak, type Report, type SoakOptions } from './soak';

export const serviceFile = join(__dirname, 'service.ts');

/** Starts the production server in a copy of the project, and soaks it. */
export async function soakHost({ workers = 2, ...options }: SoakOptions & { workers?: number } = {}): Promise<Report> {
  const [port, statsPort] = (await freePorts(2)) as [number, number];
  const project = writeProject(readFileSync(serviceFile, 'utf8'));
  try {
    const server = run(program, {
      args: ['serve', 'dist/identidock.js'],
      cwd: project.dir,
      env: { PORT: String(port), STATS_PORT: String(statsPort), WORKERS: String(workers), ACCESS_LOG: 'off' },
    });
    await server.line(/"ready"/);
    const report = await soak(
      {
        port,
        statsPort,
        signal: (signal) => {
          server.kill(signal);
        },
        logged: loggedBy(server),
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
    project.remove();
  }
}

/** @returns what waits until a message is so many times in a command's output */
export function loggedBy({ line }: Running) {
  return (message: string, times: number) => {
    // From the start of the output, and to the next time only: a looser pattern takes minutes to find that it is not there.
    const next = `(?:(?!"${message}")[^])*"${message}"`;
    return line(new RegExp(`(?<![^])(?:${next}){${String(times)}}`));
  };
}
