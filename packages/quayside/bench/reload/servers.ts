// Commands that serve a port of this machine, as processes or in containers.
import { run } from '../../harness/run';
import { docker } from '../compare/engine';
import { RUN, TOOLCHAIN } from './images';
import { atExit } from './undo';

export interface Server {
  port: number;
  /** Its first process, on this machine; known once it serves. */
  pid: () => number;
  /** Its complete output. */
  output: () => string;
  /** Resolves when it has ended, including everything that it started. */
  end: () => Promise<void>;
}

/** Starts a command on this host; it ends with this process at the latest. */
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
 * Starts a command in a container; it ends with this process at the latest.
 * @param app - the folder to mount as the service's
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
