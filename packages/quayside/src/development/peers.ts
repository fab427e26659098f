// What the development server takes from the project: its own nodemon, TypeScript and ts-node, so that a project decides on
// their versions, and production installs none of them with quayside.
import { createRequire } from 'node:module';
import { StartError } from '../process/failure';

/** What the development server takes from the project, by the version to install: ts-node cannot use TypeScript 7. */
const PEERS = { nodemon: 'nodemon', 'ts-node': 'ts-node', typescript: 'typescript@6' };

/** @returns whether a file is TypeScript, which takes ts-node to run */
export function isTypeScript(file: string): boolean {
  return /(?<!\.d)\.[cm]?ts$/.test(file);
}

/** @returns require(), as it is in a file of the project */
export function requireOf(file: string): NodeJS.Require {
  return createRequire(file);
}

/**
 * Makes sure that the project has what its development server takes.
 * @param file - of the service
 * @throws StartError that names what is missing, and the command that installs it
 */
export function checkPeers(file: string): void {
  const { resolve } = requireOf(file);
  const needed = isTypeScript(file) ? (['nodemon', 'ts-node', 'typescript'] as const) : (['nodemon'] as const);
  const missing = needed.filter((name) => {
    try {
      resolve(`${name}/package.json`);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  const names = missing.map((name) => PEERS[name]).join(' ');
  throw new StartError(
    `quayside dev needs packages that the project does not have: run 'npm install --save-dev ${names}'`,
  );
}
