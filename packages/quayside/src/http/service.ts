// The service: the Express app that a file's createApp() makes.
import type { Express } from 'express';

/** What the file exports as createApp; a promise where the service has something to wait for before it serves. */
export type CreateApp = () => Express | Promise<Express>;

/**
 * Has a file's createApp() make the app. It is looked for among what the file exports, and in its default export.
 * @param file - for the error
 * @throws Error that names the file and what was expected, where there is no such function or it returns no app; what the
 *   function throws
 */
export async function createAppOf(exported: object | null, file: string): Promise<Express> {
  const { createApp, default: main } = (exported ?? {}) as { createApp?: unknown; default?: { createApp?: unknown } };
  const found = createApp ?? main?.createApp;
  if (typeof found !== 'function') {
    throw new Error(`${file} does not export createApp: expected a function that returns an Express app`);
  }
  const app: unknown = await (found as () => unknown)();
  if (typeof app !== 'function' || typeof (app as Partial<Express>).disable !== 'function') {
    const what = app === null ? 'null' : typeof app;
    throw new Error(`${file} returns ${what} from createApp: expected an Express app`);
  }
  return app as unknown as Express;
}
