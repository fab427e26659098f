// Commands that serve a port of this machine, as processes of their own or in containers.
import { run } from '../../harness/run';
import { docker } from '../compare/engine';
import { RUN, TOOLCHAIN } from './images';
import { atExit } from './undo';

export interface Server {
  port: number;
  /** Of the first of its processes, on this machine; known as soon as it serves. */
  pid: () => number;
  /** All that it has written. */
  output: () => string;
  /** Resolves when it has ended, with all that it started. */
  end: () => Promise<void>;
}

/** Starts a command on this host; it ends at the latest with this process. */
export function startOnHost(
  [executable = '', ...args]: string[],
  cwd: string,
  port: number,
  env: NodeJS.ProcessEnv,
): Server {
  const { pid, output, killGroup, closed } = run(executable, { args, cwd, env });
  const kill = atExit(() => {
    killGroup('SIGTERM');
  });
  const end = () => {
    kill();
    return closed;
  };
  return { port, pid: () => pid, output, end };
}

let count = 0;

/**
 * Starts a command in a container, likewise.
 * @param app - the folder that is mounted as the service's
 */
export function startInContainer(command: string[], app: string, port: number, env: Record<string, string>): Server {
  const name = `${RUN}-${String((count += 1))}`;
  const args = [
    ...['run', '--rm', '--init', '--name', name, '--publish', `127.0.0.1:${String(port)}:${String(port)}`],
    ...Object.entries({ ...env, HOST: '0.0.0.0' }).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...['--volume', `${app}:/srv/app:ro`, TOOLCHAIN, ...command],
  ];
  const { output, closed } = run('docker', { args, env: process.env });
  const remove = atExit(() => {
    docker('rm', '--force', name);
  });
  const end = () => {
    remove();
    return closed;
  };
  return { port, pid: () => Number(docker('inspect', '--format', '{{.State.Pid}}', name)), output, end };
}
