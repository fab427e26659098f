// Finds the tsconfig.json and package.json of a file, wherever the server was started, and detects their changes.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @returns the nearest file with a name, searching upward from another file's folder; undefined if there is none */
function nearest(name: string, file: string): string | undefined {
  for (let dir = dirname(file), last = ''; dir !== last; last = dir, dir = dirname(dir)) {
    const path = join(dir, name);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** @returns the tsconfig.json of a file; undefined if there is none */
export function tsconfigOf(file: string): string | undefined {
  return nearest('tsconfig.json', file);
}

/** @returns the package.json of a file; undefined if there is none */
export function manifestOf(file: string): string | undefined {
  return nearest('package.json', file);
}

/** @returns whether a TypeScript file is an ES module for Node.js, by its extension or its package.json */
export function isModule(file: string): boolean {
  if (/\.[cm]ts$/.test(file)) return file.endsWith('.mts');
  const manifest = manifestOf(file);
  if (manifest === undefined) return false;
  const { type } = JSON.parse(readFileSync(manifest, 'utf8')) as { type?: unknown };
  return type === 'module';
}

/** @returns a stamp that changes with the files; an empty line for each that is missing */
export function stampOf(...paths: (string | undefined)[]): string {
  const stamps = paths.map((path) => {
    const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? '' : `${String(path)} ${String(stats.mtimeMs)} ${String(stats.size)}`;
  });
  return stamps.join('\n');
}
