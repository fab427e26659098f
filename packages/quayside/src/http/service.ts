// The service: what a file's createApp() returns, an Express app and optional functions.
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Express } from 'express';
import { asError, StartError } from '../process/failure';
import type { Logger } from '../process/log';

/** The part of a prom-client Registry that is read. */
export interface Metrics {
  getMetricsAsJSON: () => Promise<object[]>;
}

/** An app, and what else the process needs. Each function may return a promise. */
export interface Service {
  /** An Express 5 app. */
  app: Express;
  /**
   * Called once with the server, before it serves: `new WebSocketServer({ server })`, `io.attach(server)`. If it fails, the
   * worker does not start.
   */
  attach?: (server: Server) => unknown;
  /**
   * Says whether the service is ready for new requests. Called when /readyz is requested, at most once a second. If it
   * returns false, fails, or takes longer than 900 ms, /readyz returns 503; any other result means ready.
   */
  ready?: () => unknown;
  /** Called when the worker starts to drain, to end sockets and event streams. A failure is logged. */
  drain?: () => unknown;
  /**
   * Called after the last response, and awaited before the process exits: within GRACE at a stop, RELOAD_MERCY at a reload,
   * and a second in development. Also called if the service then fails to start. A failure is logged, and the exit code
   * is 1.
   */
  close?: () => unknown;
  /** A prom-client Registry. The stats server publishes its metrics on /metrics, combined over all workers. */
  metrics?: Metrics;
}

/** The file's exported createApp(). It may return a promise, to wait for something before serving. */
export type CreateApp = () => Express | Service | Promise<Express | Service>;

/** The optional functions of a service. */
const HOOKS = ['attach', 'ready', 'drain', 'close'] as const;

/**
 * Calls a file's createApp(), from its named exports or its default export.
 * @param file - for the error, absolute
 * @throws StartError that names the file and what was expected, if there is no such function, or if it returns neither an
 *   Express 5 app nor an object with one; whatever the function throws
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

/** Reads the parts of a service once, and validates them. */
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

/** @returns the app if it is an Express 5 app; otherwise throws */
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
 * Calls a function of a service, if there is one.
 * @param log - gets its failure
 * @returns whether it succeeded; never rejects
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

/** @returns what createApp() returns or resolves to; a thrown value that is not an error becomes one that names the file */
async function returned(createApp: () => unknown, file: string): Promise<unknown> {
  try {
    return await createApp();
  } catch (thrown) {
    const error = asError(thrown);
    throw error === thrown ? error : new StartError(`${file}, createApp: ${error.message}`);
  }
}

/** @returns what kind of app a value is; the value may be anything */
function kindOf(app: unknown): 'Express 5' | 'Express 4' | 'other' {
  if (typeof app !== 'function') return 'other';
  try {
    const { disable, set, request, response, lazyrouter } = app as Partial<Express> & { lazyrouter?: unknown };
    const hasPrototypes = typeof request === 'object' && typeof response === 'object';
    if (typeof disable !== 'function' || typeof set !== 'function' || !hasPrototypes) return 'other';
    // Only Express 4 has it. Its app.router, which exists again in 5, is a getter that throws.
    return typeof lazyrouter === 'function' ? 'Express 4' : 'Express 5';
  } catch {
    return 'other';
  }
}

/** @returns the version of the Express that a file would import; empty if unknown */
function versionOfExpress(file: string): string {
  try {
    return String((createRequire(file)('express/package.json') as { version?: unknown }).version);
  } catch {
    return '';
  }
}
