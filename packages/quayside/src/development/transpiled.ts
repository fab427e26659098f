// What ts-node has compiled in this process, so that a worker can read the sources ahead of the change that starts it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Service } from 'ts-node';
import { isTypeScript, requireOf } from './peers';

/** Folders that hold no sources of the service, and may hold very many of others. */
const isOthers = (name: string) => name === 'node_modules' || name.startsWith('.');

/** @returns the TypeScript files of a folder, except those of its dependencies */
function* sourcesOf(folder: string): Generator<string> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // It may not be read, or has gone meanwhile.
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !isOthers(entry.name)) yield* sourcesOf(path);
    else if (isTypeScript(path)) yield path;
  }
}

/**
 * Compiles the sources beside a file, as ts-node, which runs this process, would when they are loaded; it then compiles again
 * only what has changed. A file that cannot be compiled is left to whoever loads it.
 * @param file - of the service; where it is no TypeScript, there is nothing to do
 * @returns when all is compiled; meanwhile the event loop has its turns
 */
export async function readAhead(file: string): Promise<void> {
  if (!isTypeScript(file)) return;
  const { REGISTER_INSTANCE } = requireOf(file)('ts-node') as typeof import('ts-node');
  const service = (process as unknown as Record<symbol, Service | undefined>)[REGISTER_INSTANCE];
  if (service === undefined) throw new Error('expected to be run by ts-node');
  /** What each file held when it was compiled, and what it became. */
  const known = new Map<string, { code: string; output: string }>();
  const compile = service.compile.bind(service);
  service.compile = (code, fileName, lineOffset) => {
    const before = known.get(fileName);
    if (before?.code === code) return before.output;
    const output = compile(code, fileName, lineOffset);
    known.set(fileName, { code, output });
    return output;
  };

  for (const source of sourcesOf(dirname(file))) {
    try {
      service.compile(readFileSync(source, 'utf8'), source);
    } catch {
      // Half-written, perhaps.
    }
    // The word to begin may have come.
    await turn();
  }
}
