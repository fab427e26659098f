// The service: the Express app that a file's createApp() makes, and what it may need beside requests.
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Express } from 'express';
import { asError, StartError } from '../process/failure';
import type { Logger } from '../process/log';

/** Of a prom-client Registry, what is read. */
export interface Metrics {
  getMetricsAsJSON: () => Promise<object[]>;
}

/** An app, and what its process needs for more than requests. Each function may return a promise. */
export interface Service {
  /** Of Express 5. */
  app: Express;
  /**
   * Called once with the server, before it serves: `new WebSocketServer({ server })`, `io.attach(server)`. A failure is one
   * to start.
   */
  attach?: (server: Server) => unknown;
  /**
   * Says whether new requests are welcome. Asked when /readyz is, once a second at most. false, a failure, or no result
   * within 900 ms make that 503; any other result is a yes.
   */
  ready?: () => unknown;
  /** Called when the worker begins to drain, for sockets and event streams to say goodbye. A failure is logged. */
  drain?: () => unknown;
  /**
   * Called after the last answer, and awaited before the process exits: within GRACE at a stop, RELOAD_MERCY at a reload, and
   * a second in development. Called also where the service cannot start after all. A failure is logged, and the exit code is 1.
   */
  close?: () => unknown;
  /** A prom-client Registry. The stats server publishes it on /metrics, added up over the workers. */
  metrics?: Metrics;
}

/** What the file exports as createApp; a promise where the service has something to wait for before it serves. */
export type CreateApp = () => Express | Service | Promise<Express | Service>;

/** The functions of a service. */
const HOOKS = ['attach', 'ready', 'drain', 'close'] as const;

/**
 * Has a file's createApp() make the service. It is looked for among what the file exports, and in its default export.
 * @param file - for the error, absolute
 * @throws StartError that names the file and what was expected, where there is no such function, or it returns neither an
 *   app of Express 5 nor an object with one; what the function throws
 */
export async function createServiceOf(exported: object | null, file: string): Promise<Service> {
  const { createApp, default: main } = (exported ?? {}) as { createApp?: unknown; default?: { createApp?: unknown } };
  const found = createApp ?? main?.createApp;
  if (typeof found !== 'function') {
    throw new StartError(`${file} does not export createApp: expected a function that returns an Express app`);
  }
  const made = await returned(found as () => unknown, file);
  const hasApp = typeof made === 'object' && made !== null && 'app' in made;
  const refuse = (what: string, expected: string) =>
    new StartError(`${file} returns ${what} from createApp: expected ${expected}`);
  if (!hasApp) return { app: appOf(made, file, refuse) };
  return serviceOf(made, file, refuse);
}

type Refuse = (what: string, expected: string) => StartError;

/** Takes a service's functions from it, once and for all. */
function serviceOf(made: { app: unknown }, file: string, refuse: Refuse): Service {
  const { app, metrics } = made as { app: unknown; metrics?: Partial<Metrics> | null };
  const service: Service = { app: appOf(app, file, (what, expected) => refuse(`{ app: ${what} }`, expected)) };
  for (const name of HOOKS) {
    const hook = (made as unknown as Record<string, unknown>)[name];
    if (hook === undefined) continue;
    if (typeof hook !== 'function') throw refuse(`{ ${name}: ${nameOf(hook)} }`, 'a function');
    service[name] = (hook as () => unknown).bind(made);
  }
  if (metrics === undefined) return service;
  if (typeof metrics?.getMetricsAsJSON !== 'function')
    throw refuse(`{ metrics: ${nameOf(metrics)} }`, 'a Registry of prom-client');
  return Object.assign(service, { metrics });
}

/** @returns what was made where it is an app of Express 5 */
function appOf(app: unknown, file: string, refuse: Refuse): Express {
  const kind = kindOf(app);
  if (kind === 'Express 5') return app as Express;
  if (kind === 'Express 4') {
    const version = versionOfExpress(file);
    const what = `an Express 4 app${version.startsWith('4.') ? ` (express ${version})` : ''}`;
    throw refuse(what, 'Express 5; install express@5, or mount it: express().use(app)');
  }
  if (app === null || (typeof app !== 'function' && typeof app !== 'object')) {
    throw refuse(nameOf(app), 'an Express app');
  }
  throw refuse(typeof app, 'an Express app; express().use(handler) makes one of any handler');
}

const nameOf = (value: unknown) => (value === null ? 'null' : typeof value);

/**
 * Calls a function of a service, if it has it.
 * @param log - is told of its failure
 * @returns whether it did not fail; never rejects
 */
export async function callHook(service: Service, name: 'drain' | 'close', log: Logger): Promise<boolean> {
  try {
    await service[name]?.();
    return true;
  } catch (error) {
    log.error({ err: asError(error) }, `${name}() failed`);
    return false;
  }
}

/** @returns what createApp() does, or its promise; what it throws and is no error gets one that names the file */
async function returned(createApp: () => unknown, file: string): Promise<unknown> {
  try {
    return await createApp();
  } catch (thrown) {
    const error = asError(thrown);
    throw error === thrown ? error : new StartError(`${file}, createApp: ${error.message}`);
  }
}

/** Says what something is, which may be anything. */
function kindOf(app: unknown): 'Express 5' | 'Express 4' | 'other' {
  if (typeof app !== 'function') return 'other';
  try {
    const { disable, set, request, response, lazyrouter } = app as Partial<Express> & { lazyrouter?: unknown };
    const hasPrototypes = typeof request === 'object' && typeof response === 'object';
    if (typeof disable !== 'function' || typeof set !== 'function' || !hasPrototypes) return 'other';
    // Express 4 alone has it. Of its app.router, which 5 has again, the getter throws.
    return typeof lazyrouter === 'function' ? 'Express 4' : 'Express 5';
  } catch {
    return 'other';
  }
}

/** @returns the version of the Express that a file would import; empty where that cannot be known */
function versionOfExpress(file: string): string {
  try {
    return String((createRequire(file)('express/package.json') as { version?: unknown }).version);
  } catch {
    return '';
  }
}
