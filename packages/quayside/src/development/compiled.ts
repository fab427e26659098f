// require() of TypeScript in a worker. Another process compiles; this one blocks until it has the result.
import { readFileSync, readSync, writeSync } from 'node:fs';
import Module from 'node:module';
import { extname } from 'node:path';
import { statOf } from '../process/descriptor';
import { StartError } from '../process/failure';
import {
  COMPILER_FD,
  type Compiled,
  type Greeting,
  type News,
  type Output,
  type Project,
  type Source,
  type ToCompiler,
} from './messages';

type Loaded = NodeJS.Module & { _compile: (code: string, path: string) => void };
/** Node.js's internals that every TypeScript runner hooks into. */
const node = Module as unknown as {
  /** Loaders by file extension; that of .js loads any other extension. */
  _extensions: Record<string, (module: Loaded, path: string) => void>;
  _resolveFilename: (request: string, parent: NodeJS.Module | undefined, ...more: unknown[]) => string;
};

/** The compiler, as a worker sees it. */
export interface Compiler {
  /**
   * Makes require() load TypeScript as ts-node would.
   * @returns modules to load before the service, from tsconfig.json
   * @throws StartError if tsconfig.json is wrong, or the compiler has exited
   */
  register: () => string[];
  /** Drops compiled output that has not been loaded. */
  forget: () => void;
}

/** Waits for the compiler, and takes what it has compiled so far. If the compiler has exited, register() reports it. */
export function awaitCompiler(): Compiler {
  const outputs = new Map<string, Output>();
  let known: Project | undefined;
  const take = (greeting: Greeting) => {
    known = undefined;
    outputs.clear();
    if ('error' in greeting) return;
    for (const output of greeting.outputs.splice(0)) outputs.set(output.path, output);
    known = greeting;
  };
  try {
    socket = statOf(COMPILER_FD).ino;
    take(receive() as Greeting);
  } catch {
    // register() reports it.
  }
  return {
    register: () => {
      const news = exchange(known === undefined ? {} : { stamp: known.stamp }) as News;
      if (news !== null) take(news);
      if (news !== null && 'error' in news) throw failure(news.error);
      if (known === undefined) throw failure(ENDED);
      register(known, outputs);
      return known.preload;
    },
    forget: () => {
      outputs.clear();
    },
  };
}

function register({ extensions, isPreferred, hasDependencies }: Project, outputs: Map<string, Output>): void {
  const outputOf = (path: string): string | undefined => {
    if (!extensions.includes(extname(path)) || (!hasDependencies && path.includes('/node_modules/'))) return undefined;
    const code = readFileSync(path, 'utf8');
    const known = outputs.get(path);
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

/** Makes require() try some extensions before others. */
function prefer(extensions: string[]): void {
  const all = Object.entries(node._extensions);
  const isFirst = ([name]: [string, unknown]) => extensions.includes(name);
  // It tries them in insertion order, and the object must stay the same.
  for (const [name] of all) Reflect.deleteProperty(node._extensions, name);
  for (const [name, load] of [...all.filter(isFirst), ...all.filter((one) => !isFirst(one))]) {
    node._extensions[name] = load;
  }
}

/** Makes require() find x.ts or x.tsx for x.js, if there is no x.js: in TypeScript, imports name the compiled file. */
function resolveSources(): void {
  const resolve = node._resolveFilename;
  node._resolveFilename = function (request, parent, ...more) {
    try {
      return resolve.call(this, request, parent, ...more);
    } catch (error) {
      const [, name, letter] = /^(\.\.?\/.*\.)([cm]?)js$/.exec(request) ?? [];
      if (name === undefined) throw error;
      for (const extension of [`${letter ?? ''}ts`, 'tsx']) {
        try {
          return resolve.call(this, `${name}${extension}`, parent, ...more);
        } catch {
          // The first error names the requested file.
        }
      }
      throw error;
    }
  };
}

function ask(source: Source): string | undefined {
  const { output, error } = exchange(source) as Compiled;
  if (error !== undefined) throw failure(error);
  return output;
}

const ENDED = 'The compiler has ended.';
/** The socket's inode: the service may close the descriptor, whose number may then be reused. */
let socket: bigint | undefined;

/** @returns an error without a stack trace, which would only show this file */
function failure(message: string): StartError {
  return Object.assign(new StartError(message), { stack: message });
}

function exchange(message: ToCompiler): unknown {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  try {
    if (statOf(COMPILER_FD).ino !== socket) throw failure(ENDED);
    for (let sent = 0; sent < line.length;) sent += writeSync(COMPILER_FD, line, sent);
    return receive();
  } catch {
    throw failure(ENDED);
  }
}

/** Waits for a message from the compiler; at most one is on its way. */
function receive(): unknown {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(2 ** 16);
    const length = readSync(COMPILER_FD, chunk);
    if (length === 0) throw failure(ENDED);
    chunks.push(chunk.subarray(0, length));
    if (chunk[length - 1] === 0x0a) return JSON.parse(Buffer.concat(chunks).toString());
  }
}
