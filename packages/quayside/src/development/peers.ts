// The development server uses the project's nodemon, TypeScript and ts-node. So the project decides on their versions, and
// production does not install them with quayside.
import { createRequire } from 'node:module';
import { StartError } from '../process/failure';

/** What to install for each of these packages: ts-node cannot use TypeScript 7. */
const PEERS = { nodemon: 'nodemon', 'ts-node': 'ts-node', typescript: 'typescript@6' };

/** @returns whether a file is TypeScript, which needs ts-node to run */
export function isTypeScript(file: string): boolean {
  return /(?<!\.d)\.[cm]?ts$/.test(file);
}

/** @returns require() as a file of the project would have it */
export function requireOf(file: string): NodeJS.Require {
  return createRequire(file);
}

/**
 * Makes sure that the project has the packages that its development server needs.
 * @param file - of the service
 * @throws StartError that names the missing packages, and the command that installs them
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
