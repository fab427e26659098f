// nodemon's configuration: the program's defaults, unless the project overrides them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { StartError } from '../process/failure';

/** How long nodemon collects changes, in ms. */
const DELAY_MS = 20;

/**
 * Makes nodemon watch all files in the service's folder, except temporary files of editors (vim's backup and its probe
 * 4913, JetBrains' temporary files).
 */
function defaults(file: string): object {
  const folder = dirname(file);
  return {
    watch: [relative('.', folder) || '.'],
    ext: '*',
    ignore: ['*~', '4913', '*___jb_*___'],
    // nodemon ignores some folders by name, such as coverage; that is only needed if dependencies are inside.
    ...(!existsSync(join(folder, 'node_modules')) && { ignoreRoot: [] }),
    delay: DELAY_MS,
    watchOptions: { atomic: false },
  };
}

/** @returns the object in a JSON file; undefined if there is no such file */
function readObject(path: string): { nodemonConfig?: unknown } | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below.
  }
  throw new StartError(`${path}: expected a JSON object`);
}

/**
 * Reads nodemon's configuration for a service.
 * @param file - of the service, absolute
 * @returns nodemon's options: those of nodemon.json, or of nodemonConfig in package.json, override the program's own
 * @throws StartError if one of these files does not hold a JSON object
 */
export function nodemonSettings(file: string): object {
  const given = readObject('nodemon.json') ?? readObject('package.json')?.nodemonConfig;
  return { ...defaults(file), ...(typeof given === 'object' && given) };
}
