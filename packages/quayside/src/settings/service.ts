// What was built: the service's name and version, which the build takes from package.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns name and version; (unknown) where the build has left none */
export function readBuild(): { name: string; version: string } {
  const unknown = { name: '(unknown)', version: '(unknown)' };
  try {
    // Beside the compiled files; package.json itself is not in the image, whose layers would change with every tool's version.
    const text = readFileSync(join(__dirname, '../build.json'), 'utf8');
    return { ...unknown, ...(JSON.parse(text) as Partial<typeof unknown>) };
  } catch {
    return unknown;
  }
}
