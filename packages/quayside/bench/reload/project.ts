// A project with a service that any of the loops can run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeProject } from '../../harness/project';
import type { Service } from './services';
import { atExit } from './undo';

/** A typical main file, for the loops that run a file. */
const listening = `import { createApp } from './identidock';
createApp().listen(Number(process.env.PORT));
`;

const scripts = { dev: 'exec quayside dev app/identidock.ts', 'dev:tsx': 'exec tsx watch app/plain.ts' };

/** Writes the project. remove() need not be called before the run ends. */
export function writeServiceProject({ files }: Service): { dir: string; remove: () => void } {
  const { dir, remove } = writeProject(files['identidock.ts']);
  for (const [path, content] of Object.entries({ ...files, 'plain.ts': listening })) {
    const absolute = join(dir, 'app', path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, content);
  }
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'identidock', version: '1.2.3', scripts }));
  return { dir, remove: atExit(remove) };
}
