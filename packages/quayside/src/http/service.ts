// The service: what a file exports that makes its Express app.
import type { Express } from 'express';

/** What the file exports as createApp; a promise where the service has something to wait for before it serves. */
export type CreateApp = () => Express | Promise<Express>;

/**
 * Finds createApp() among what a file exports, or in its default export.
 * @param file - for the error
 * @throws Error that names the file and what was expected, where there is none
 */
export function createAppOf(exported: object, file: string): CreateApp {
  const { createApp, default: main } = exported as { createApp?: unknown; default?: { createApp?: unknown } };
  const found = createApp ?? main?.createApp;
  if (typeof found !== 'function') {
    throw new Error(`${file} does not export createApp: expected a function that returns an Express app`);
  }
  return found as CreateApp;
}
