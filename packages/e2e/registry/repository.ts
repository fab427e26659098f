// A copy of what is published, with the template beside it: in the repository itself other tests are at work.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { renameFiles } from '../../create-quayside/src/rename.js';
import { rootFiles } from '../../create-quayside/src/template.js';
import { templateName } from '../harness/template';

const root = resolve(__dirname, '../../..');

/** Copies it to a new folder. */
export function copyRepository(repository: string): void {
  for (const file of rootFiles(root)) {
    mkdirSync(dirname(join(repository, file.path)), { recursive: true });
    writeFileSync(join(repository, file.path), file.data, { mode: file.executable ? 0o755 : 0o644 });
  }
  const left = new Set(['node_modules', 'dist', 'template']);
  for (const name of ['packages/quayside', 'packages/create-quayside']) {
    cpSync(join(root, name), join(repository, name), { recursive: true, filter: (path) => !left.has(basename(path)) });
  }
  renameFiles(repository, templateName);
  symlinkSync(join(root, 'node_modules'), join(repository, 'node_modules'));
}
