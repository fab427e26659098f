// The service's name and version, from its package.json.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Reads the nearest package.json that has a name, from a file's folder upward.
 * @returns name and version; (unknown) if there is none
 */
export function readService(file: string): { name: string; version: string } {
  const unknown = { name: '(unknown)', version: '(unknown)' };
  for (let dir = dirname(file), last = ''; dir !== last; last = dir, dir = dirname(dir)) {
    const { name, version } = readPackage(join(dir, 'package.json'));
    if (typeof name === 'string') return { name, version: typeof version === 'string' ? version : unknown.version };
  }
  return unknown;
}

function readPackage(path: string): { name?: unknown; version?: unknown } {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as object | null) ?? {};
  } catch {
    return {};
  }
}
