// The service: the Express app that a file's createApp() makes.
import { createRequire } from 'node:module';
import type { Express } from 'express';
import { asError, StartError } from '../process/failure';

/** What the file exports as createApp; a promise where the service has something to wait for before it serves. */
export type CreateApp = () => Express | Promise<Express>;

/**
 * Has a file's createApp() make the app. It is looked for among what the file exports, and in its default export.
 * @param file - for the error, absolute
 * @throws StartError that names the file and what was expected, where there is no such function or it returns no app of
 *   Express 5; what the function throws
 */
export async function createAppOf(exported: object | null, file: string): Promise<Express> {
  const { createApp, default: main } = (exported ?? {}) as { createApp?: unknown; default?: { createApp?: unknown } };
  const found = createApp ?? main?.createApp;
  if (typeof found !== 'function') {
    throw new StartError(`${file} does not export createApp: expected a function that returns an Express app`);
  }
  const app = await returned(found as () => unknown, file);
  const kind = kindOf(app);
  if (kind === 'Express 5') return app as Express;
  const refuse = (what: string, expected: string) =>
    new StartError(`${file} returns ${what} from createApp: expected ${expected}`);
  if (kind === 'Express 4') {
    const version = versionOfExpress(file);
    const what = `an Express 4 app${version.startsWith('4.') ? ` (express ${version})` : ''}`;
    throw refuse(what, 'Express 5; install express@5, or mount it: express().use(app)');
  }
  if (app === null || (typeof app !== 'function' && typeof app !== 'object')) {
    throw refuse(app === null ? 'null' : typeof app, 'an Express app');
  }
  throw refuse(typeof app, 'an Express app; express().use(handler) makes one of any handler');
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
