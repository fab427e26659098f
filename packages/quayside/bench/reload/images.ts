// The images that the loops run in, if a Docker Engine answers.
import { execFileSync } from 'node:child_process';
import { root } from '../../harness/paths';
import { docker } from '../compare/engine';
import { base } from '../compare/stacks';
import { atExit } from './undo';

/** Prefix of everything that a run creates. */
export const RUN = `identidock-bench-reload-${String(process.pid)}`;
/** The image with all tools. */
export const TOOLCHAIN = `${RUN}-toolchain`;
/** The image that `docker compose up` builds. */
export const SERVICE = `${RUN}-service`;

/** @returns whether a Docker Engine answers */
export function hasEngine(): boolean {
  try {
    docker('info');
    return true;
  } catch {
    return false;
  }
}

/** Builds both. @returns the version of their Node.js */
export function buildImages(): string {
  atExit(() => {
    docker('image', 'rm', '--force', TOOLCHAIN, SERVICE);
  });
  const on = ['--build-arg', `NODE_IMAGE=${base}`];
  docker('build', '--target', 'test', '--tag', TOOLCHAIN, ...on, root);
  // Built here, because Compose does not build a named image.
  docker('build', '--tag', SERVICE, '--build-arg', 'ALLOW_TYPE_ERRORS=1', ...on, root);
  return docker('run', '--rm', TOOLCHAIN, 'node', '--version');
}

/** This run's variables for the Compose file. */
export const composeEnv = (): NodeJS.ProcessEnv => ({ ...process.env, IMAGE: SERVICE, NODE_IMAGE: base });

/** @returns docker's arguments for a Compose command on the repository's own Compose file */
export const composeArgs = (args: string[]) => [
  ...['compose', '--project-name', RUN, '--project-directory', root, '--file', `${root}/docker-compose.yml`],
  ...args,
];

/** Runs Compose. */
export function compose(args: string[]): void {
  execFileSync('docker', composeArgs(args), { env: composeEnv(), stdio: 'ignore' });
}
