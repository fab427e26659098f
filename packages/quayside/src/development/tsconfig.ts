// The tsconfig.json that a file belongs to, wherever the server was started.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @returns the nearest tsconfig.json from a file's folder upward; undefined where there is none */
export function tsconfigOf(file: string): string | undefined {
  for (let dir = dirname(file), last = ''; dir !== last; last = dir, dir = dirname(dir)) {
    const path = join(dir, 'tsconfig.json');
    if (existsSync(path)) return path;
  }
  return undefined;
}
