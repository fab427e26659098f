// Loaded into the development server's processes before anything else: has them note when they do what a reload is made of.
import childProcess, { type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import Module from 'node:module';
import { basename } from 'node:path';

/** What is noted, a line of JSON each. */
export interface Mark {
  /** Of the process that notes it. */
  role: string;
  /** The process that it concerns, where the role is the primary's. */
  pid: number | undefined;
  what: string;
  /** In ms, of the machine's monotonic clock: the same for all processes. */
  at: number;
}

/** The variable that names the file of the marks. */
export const TRACE = 'RELOAD_TRACE';

export const clock = () => Number(process.hrtime.bigint()) / 1e6;

const file = process.env[TRACE];
const role = basename(process.argv[1] ?? '', '.js');

function mark(what: string, pid?: number): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ role, pid, what, at: clock() } satisfies Mark)}\n`);
}

const typeOf = (message: unknown) => String((message as { type?: unknown } | undefined)?.type);

function tracePrimary(): void {
  const fork = childProcess.fork.bind(childProcess) as (...args: unknown[]) => ChildProcess;
  childProcess.fork = (...args: unknown[]) => {
    const child = fork(...args);
    const send = child.send.bind(child) as (...message: unknown[]) => boolean;
    child.send = (...message: unknown[]) => {
      mark(`send ${typeOf(message[0])}`, child.pid);
      return send(...message);
    };
    child.prependListener('message', (received) => {
      mark(`hear ${typeOf((received as { quayside?: unknown }).quayside)}`, child.pid);
    });
    child.prependListener('close', () => {
      mark('close', child.pid);
    });
    return child;
  };
}

function traceCompiler(): void {
  const loader = Module as unknown as { _load: (request: string, ...more: unknown[]) => unknown };
  const load = loader._load.bind(Module);
  loader._load = (request, ...more) => {
    const loaded = load(request, ...more);
    if (!/(^|\/)ts-node(\/|$)/.test(request)) return loaded;
    const tsNode = loaded as typeof import('ts-node');
    return {
      ...tsNode,
      create: (...options: Parameters<typeof tsNode.create>) => {
        const service = tsNode.create(...options);
        const compile = service.compile.bind(service);
        service.compile = (...source) => {
          mark('compiles');
          try {
            return compile(...source);
          } finally {
            mark('has compiled');
          }
        };
        return service;
      },
    };
  };
}

function traceTypes(): void {
  // The last that a check does is to collect garbage.
  const { gc } = globalThis;
  if (gc === undefined) return;
  globalThis.gc = ((...args: Parameters<typeof gc>) => {
    mark('has checked');
    gc(...args);
  }) as typeof gc;
}

if (role === 'quayside') tracePrimary();
if (role === 'compiler') traceCompiler();
if (role === 'types') traceTypes();
