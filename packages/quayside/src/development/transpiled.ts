// What ts-node has compiled in this process, so that a worker can read the sources ahead of the change that starts it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { REGISTER_INSTANCE } from 'ts-node';

export interface Transpiled {
  /** Compiles the sources of a folder that are not yet; a file that cannot be is left to whoever loads it. */
  readAhead: (folder: string) => Promise<void>;
  /** Whether what has been loaded is what the files hold now. */
  isCurrent: () => boolean;
}

const isSource = (file: string) => /(?<!\.d)\.[cm]?ts$/.test(file);

/** Has ts-node, which runs this process, compile again only what has changed. */
export function keepTranspiled(): Transpiled {
  const service = process[REGISTER_INSTANCE];
  if (service === undefined) throw new Error('expected to be run by ts-node');
  /** What each file held when it was compiled, and what it became; the files of which this call is a part have no output. */
  const sources = new Map<string, string>();
  const outputs = new Map<string, string>();
  for (const file of Object.keys(require.cache)) {
    if (isSource(file)) sources.set(file, readFileSync(file, 'utf8'));
  }
  const compile = service.compile.bind(service);
  service.compile = (code, fileName, lineOffset) => {
    const before = outputs.get(fileName);
    if (before !== undefined && sources.get(fileName) === code) return before;
    const output = compile(code, fileName, lineOffset);
    sources.set(fileName, code);
    outputs.set(fileName, output);
    return output;
  };

  return {
    readAhead: async (folder) => {
      let names: string[] = [];
      try {
        names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      } catch {
        // A folder in it that may not be read, or has gone meanwhile.
      }
      for (const file of names.map((name) => join(folder, name))) {
        if (!isSource(file) || outputs.has(file)) continue;
        try {
          service.compile(readFileSync(file, 'utf8'), file);
        } catch {
          // Half-written, perhaps.
        }
        // The word to begin may have come.
        await turn();
      }
    },
    isCurrent: () =>
      Object.keys(require.cache).every((file) => {
        const source = sources.get(file);
        if (source === undefined) return true;
        try {
          return readFileSync(file, 'utf8') === source;
        } catch {
          return false;
        }
      }),
  };
}
