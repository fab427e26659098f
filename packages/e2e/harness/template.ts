// What a project owns, as the repository's root has it: read where it lies, or copied so that a test may edit it.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { renamedFile } from '../../create-quayside/src/naming.js';
import { renameFiles } from '../../create-quayside/src/rename.js';
import { nameIn } from '../../create-quayside/src/template.js';
import { fixture, root } from '../../quayside/harness/paths';

/** What the tests call the template, whatever it has been renamed to. */
export const templateName = 'identidock';

/** Reads a file of the root, under that name. */
export function read(path: string): string {
  const data = readFileSync(join(root, path));
  // The packages do not take part in a renaming.
  return (
    path.startsWith('packages/') ? data : renamedFile({ path, data }, nameIn(root), templateName).data
  ).toString();
}

/** The least that is needed to start cmd.sh, Compose and the doctor. */
const files = [
  'app',
  'cmd.sh',
  'doctor',
  'docker-compose.yml',
  'docker-compose.dev.yml',
  'docker-compose.prod.yml',
  'docker-compose.proxy.yml',
  'deploy',
  '.env.example',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Copies it, with the tests' own service, compiled; the dependencies are linked. Returns its folder. */
export function copyTemplate(): string {
  // The real path, as programs tell it that are started there.
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'identidock-')));
  for (const name of files) cpSync(join(root, name), join(dir, name), { recursive: true });
  renameFiles(dir, templateName);
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));

  const source = readFileSync(fixture('identidock.ts'), 'utf8');
  const { options } = ts.convertCompilerOptionsFromJson({ module: 'commonjs', esModuleInterop: true }, dir);
  writeFileSync(join(dir, 'app/identidock.ts'), source);
  mkdirSync(join(dir, 'dist'));
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  writeFileSync(join(dir, 'dist/identidock.js'), outputText);
  return dir;
}

export function removeTemplate(dir: string): void {
  rmSync(dir, { recursive: true });
}
