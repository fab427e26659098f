// Where the package and the repository around it lie, wherever a test or a benchmark was started from.
import { join, resolve } from 'node:path';

export const quayside = resolve(__dirname, '..');
export const root = resolve(quayside, '../..');
/** The program. */
export const program = join(quayside, 'bin/quayside.js');
export const fixture = (name: string) => join(__dirname, 'fixtures', name);
