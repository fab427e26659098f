// Node.js's compile cache: it halves the time to load TypeScript.
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Enables the cache for this process and its children, in a temporary folder unless NODE_COMPILE_CACHE names one. Needs
 * Node.js 22.1 or later.
 */
export function enableCompileCache(): void {
  const given = process.env.NODE_COMPILE_CACHE ?? '';
  process.env.NODE_COMPILE_CACHE = given === '' ? join(tmpdir(), 'node-compile-cache') : given;
  // Missing from the types of Node.js 20.
  (nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();
}
