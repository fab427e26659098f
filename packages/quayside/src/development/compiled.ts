// require() of TypeScript in a worker, which holds no compiler: another process compiles, and is asked while this one waits.
import { readFileSync, readSync, writeSync } from 'node:fs';
import Module from 'node:module';
import { extname } from 'node:path';
import { asError, StartError } from '../process/failure';
import {
  COMPILER_FD,
  type Compiled,
  type Greeting,
  type News,
  type Project,
  type Source,
  type ToCompiler,
} from './messages';

type Loaded = NodeJS.Module & { _compile: (code: string, path: string) => void };
/** Of Node.js, what everything that runs TypeScript hooks into. */
const node = Module as unknown as {
  /** What loads a file, by its extension; .js loads those that have none here. */
  _extensions: Record<string, (module: Loaded, path: string) => void>;
  _resolveFilename: (request: string, parent: NodeJS.Module | undefined, ...more: unknown[]) => string;
};

/** The compiler, as a worker sees it. */
export interface Compiler {
  /**
   * Has require() load TypeScript as ts-node would.
   * @returns modules to load before the service, by tsconfig.json
   * @throws StartError where tsconfig.json is wrong, or the compiler has ended
   */
  register: () => string[];
}

/** Waits until the compiler is there, and takes what it has made so far. */
export function awaitCompiler(): Compiler {
  let greeting: Greeting;
  try {
    greeting = receive() as Greeting;
  } catch (error) {
    // It may be another that is asked when the time has come.
    greeting = { error: asError(error).message };
  }
  return {
    register: () => {
      greeting = (exchange('error' in greeting ? {} : { changedAt: greeting.changedAt }) as News) ?? greeting;
      if ('error' in greeting) throw new StartError(greeting.error);
      register(greeting);
      return greeting.preload;
    },
  };
}

function register({ extensions, isPreferred, hasDependencies, ...project }: Project): void {
  const outputs = new Map(project.outputs.map((output) => [output.path, output]));
  const outputOf = (path: string): string | undefined => {
    if (!extensions.includes(extname(path)) || (!hasDependencies && path.includes('/node_modules/'))) return undefined;
    const code = readFileSync(path, 'utf8');
    const known = outputs.get(path);
    // It is loaded once.
    outputs.delete(path);
    return known?.code === code ? known.output : ask({ path, code });
  };
  for (const extension of extensions) {
    const load = node._extensions[extension] ?? node._extensions['.js'];
    node._extensions[extension] = (module, path) => {
      const output = outputOf(path);
      if (output === undefined) load?.(module, path);
      else module._compile(output, path);
    };
  }
  if (isPreferred) prefer(extensions);
  resolveSources();
}

/** Has require() try some extensions before others. */
function prefer(extensions: string[]): void {
  const all = Object.entries(node._extensions);
  const isFirst = ([name]: [string, unknown]) => extensions.includes(name);
  // It tries them in the order in which they were set, and the object has to stay the same.
  for (const [name] of all) Reflect.deleteProperty(node._extensions, name);
  for (const [name, load] of [...all.filter(isFirst), ...all.filter((one) => !isFirst(one))]) {
    node._extensions[name] = load;
  }
}

/** Has require() find x.ts by the name of x.js, where there is no x.js: TypeScript takes that for what x.ts becomes. */
function resolveSources(): void {
  const resolve = node._resolveFilename;
  node._resolveFilename = function (request, parent, ...more) {
    try {
      return resolve.call(this, request, parent, ...more);
    } catch (error) {
      const [, name, letter] = /^(\.\.?\/.*\.)([cm]?)js$/.exec(request) ?? [];
      if (name === undefined) throw error;
      try {
        return resolve.call(this, `${name}${letter ?? ''}ts`, parent, ...more);
      } catch {
        throw error;
      }
    }
  };
}

function ask(source: Source): string | undefined {
  const { output, error } = exchange(source) as Compiled;
  if (error !== undefined) throw new StartError(error);
  return output;
}

function exchange(message: ToCompiler): unknown {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  try {
    for (let sent = 0; sent < line.length;) sent += writeSync(COMPILER_FD, line, sent);
  } catch {
    // Said by what is received.
  }
  return receive();
}

/** Waits for a message of the compiler; there is never more than one on its way. */
function receive(): unknown {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(2 ** 16);
    const length = readSync(COMPILER_FD, chunk);
    if (length === 0) throw new StartError('The compiler has ended.');
    chunks.push(chunk.subarray(0, length));
    if (chunk[length - 1] === 0x0a) return JSON.parse(Buffer.concat(chunks).toString());
  }
}
