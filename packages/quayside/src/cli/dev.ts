// quayside dev: this process holds the port and forks the workers.
import { startDevelopment } from '../development/server';
import { enableCompileCache } from './compile-cache';

/** Runs the development server of a file. */
export function dev(file: string): void {
  enableCompileCache();
  startDevelopment(file);
}
