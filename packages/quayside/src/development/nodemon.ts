// How nodemon is set up: what the program wants, unless the project says otherwise.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { StartError } from '../process/failure';

/** How long nodemon gathers changes, in ms. */
const DELAY_MS = 20;

/**
 * Has nodemon watch all files beside the service's, but not those that editors write on their way to the file itself (vim's
 * backup and its probe 4913, JetBrains' temporary files).
 */
function defaults(file: string): object {
  const folder = dirname(file);
  return {
    watch: [relative('.', folder) || '.'],
    ext: '*',
    ignore: ['*~', '4913', '*___jb_*___'],
    // nodemon ignores some folders by their names, as coverage; only where dependencies are inside is that needed.
    ...(!existsSync(join(folder, 'node_modules')) && { ignoreRoot: [] }),
    delay: DELAY_MS,
    watchOptions: { atomic: false },
  };
}

/** @returns the object in a JSON file; undefined where there is no such file */
function readObject(path: string): { nodemonConfig?: unknown } | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new StartError(`${path}: expected a JSON object`);
}

/**
 * Reads how nodemon is to be set up for a service.
 * @param file - of the service, absolute
 * @returns nodemon's options: those of nodemon.json, or of nodemonConfig in package.json, before the program's own
 * @throws StartError where one of these files holds no JSON object
 */
export function nodemonSettings(file: string): object {
  const given = readObject('nodemon.json') ?? readObject('package.json')?.nodemonConfig;
  return { ...defaults(file), ...(typeof given === 'object' && given) };
}
