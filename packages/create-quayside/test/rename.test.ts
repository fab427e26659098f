import { appendFileSync, cpSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { endAll } from '../../quayside/harness/run';
import { renamedFile } from '../src/naming.js';
import { renameFiles } from '../src/rename.js';
import { composeServices, rootFiles } from '../src/template.js';
import { ended, filesIn, newFolder, npmEnv, registryWith, root } from './command';

jest.setTimeout(120_000);

const folder = newFolder();
const template = 'identidock';
let copies = 0;
afterEach(() => endAll());
afterAll(() => {
  folder.remove();
});

/** The repository as GitHub would copy it, with the author's additions. */
function newRepository(): string {
  copies += 1;
  const copy = join(folder.dir, `copy-${String(copies)}`);
  const left = new Set(['node_modules', 'dist', '.git', 'coverage', '.env', 'bench']);
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // In case the repository itself has been renamed.
  renameFiles(copy, template);

  appendFileSync(join(copy, `app/${template}.ts`), '// The author’s.\n');
  writeFileSync(join(copy, 'app/more.ts'), `export { createApp } from './${template}';\nexport const route = '/x';\n`);
  const override = `services:\n  ${template}:\n    environment: { MINE: '1' }\n  work-${template}:\n    image: busybox\n`;
  writeFileSync(join(copy, 'docker-compose.override.yml'), override);
  writeFileSync(join(copy, 'logo.png'), Buffer.from(`\0${template}`));
  writeFileSync(join(copy, '.env'), `IMAGE=${template}:1\n`);
  appendFileSync(join(copy, 'Dockerfile'), '# The author’s.\n');
  return copy;
}

/** Runs the copy's own program, because it renames the repository that it is in. */
const rename = (copy: string, ...args: string[]) =>
  ended(process.execPath, [join(copy, 'packages/create-quayside/bin/create-quayside.js'), ...args], copy, npmEnv);

/** The files, except the linked dependencies. */
function contents(copy: string) {
  unlinkSync(join(copy, 'node_modules'));
  const files = filesIn(copy);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return files;
}

test('the project has the new name everywhere, as a new project would, and its tests pass', async () => {
  const copy = newRepository();
  const before = contents(copy);
  const files = [...rootFiles(copy), { path: 'app/more.ts', executable: false }];
  const { code, output } = await rename(copy, 'rename', 'my-service');
  expect(output).toMatch(new RegExp(`^app/${template}\\.ts: now app/my-service\\.ts$`, 'm'));
  expect(output).toMatch(new RegExp(`^${template} becomes my-service: \\d+ lines in \\d+ files$`, 'm'));
  expect(code).toBe(0);

  const after = contents(copy);
  for (const { path, executable } of files) {
    const file = renamedFile({ path, data: Buffer.from(before[path]?.text ?? '') }, template, 'my-service');
    expect(after[file.path]).toEqual({ text: file.data.toString(), executable });
  }
  const named = Object.entries(after).filter(([name, { text }]) => (name + text).includes(template));
  const project = named.map(([name]) => name).filter((name) => !name.startsWith('packages/'));
  // These are not the project's, another service's, and not text.
  expect(project.sort()).toEqual(['.env', 'docker-compose.override.yml', 'logo.png']);
  expect(after['docker-compose.override.yml']?.text).toMatch(
    new RegExp(`^ {2}my-service:\\n[^]*^ {2}work-${template}:$`, 'm'),
  );
  const lock = JSON.parse(after['package-lock.json']?.text ?? '') as { name: string; packages: Record<string, object> };
  expect([lock.name, lock.packages['']]).toEqual(['my-service', expect.objectContaining({ name: 'my-service' })]);
  // Of the packages, only what new projects get has the name.
  const changed = Object.keys(before).filter(
    (name) => name.startsWith('packages/') && before[name]?.text !== after[name]?.text,
  );
  const own = 'packages/create-quayside/files';
  expect(changed.sort()).toEqual([`${own}/.github/workflows/ci.yml`, `${own}/README.md`]);

  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--selectProjects', 'app'];
  const tested = await ended(process.execPath, jest, copy, process.env);
  expect(tested.output).toMatch(/^PASS app test\/my-service\.test\.ts$/m);
  expect(tested.code).toBe(0);
});

test('running it again changes nothing; renaming to a third name and back restores the original', async () => {
  const copy = newRepository();
  const before = contents(copy);
  await rename(copy, 'rename', 'my-service');
  const first = contents(copy);
  expect(await rename(copy, 'rename', 'my-service')).toEqual({
    code: 0,
    output: 'The project is already called my-service\n',
  });
  expect(contents(copy)).toEqual(first);
  for (const name of ['bills', template]) {
    expect(await rename(copy, 'rename', name)).toMatchObject({ code: 0 });
  }
  expect(contents(copy)).toEqual(before);
});

test('a word that the documents already contain is reported: the next renaming would change it there, too', async () => {
  const copy = newRepository();
  writeFileSync(join(copy, 'app/more.ts'), "export const orders = '/orders';\n");
  const { code, output } = await rename(copy, 'rename', 'orders');
  expect(output).toMatch(
    /^"orders" was already in \d+ other lines, which the next renaming would also change: .*app\/more\.ts/m,
  );
  expect(code).toBe(0);
  expect(readFileSync(join(copy, 'app/more.ts'), 'utf8')).toBe("export const orders = '/orders';\n");
});

test('a scope stays, and the lock file is only written where it changes', async () => {
  const copy = newRepository();
  for (const name of ['package.json', 'package-lock.json']) {
    const text = readFileSync(join(copy, name), 'utf8');
    writeFileSync(join(copy, name), text.replaceAll(`"name": "${template}"`, `"name": "@team/${template}"`));
  }
  expect(await rename(copy, 'rename', 'my-service')).toMatchObject({ code: 0 });
  const files = contents(copy);
  for (const name of ['package.json', 'package-lock.json']) {
    expect(files[name]?.text).toMatch(/^ {2}"name": "@team\/my-service",$/m);
  }
  // It is no other service's name to Compose.
  expect(composeServices(rootFiles(copy))).not.toContain('my-service');
  writeFileSync(join(copy, 'package-lock.json'), '{ "name": "other" }');
  expect((await rename(copy, 'rename', 'bills')).output).not.toContain('package-lock.json');
});

test('--dry-run prints the same, and writes nothing', async () => {
  const copy = newRepository();
  const before = contents(copy);
  const dry = await rename(copy, 'rename', '--dry-run', 'my-service');
  expect(contents(copy)).toEqual(before);
  expect(dry.output).toMatch(/\nNothing was written, because of --dry-run\n$/);
  const wet = await rename(copy, 'rename', 'my-service');
  expect(dry.output.split('\n\n')[0]).toBe(wet.output.split('\n\n')[0]);
});

test('killed again and again, it can be run again, and ends as if nothing had happened', async () => {
  const whole = newRepository();
  await rename(whole, 'rename', 'my-service');
  const copy = newRepository();
  // Reads folders backwards, since their order is not guaranteed, and dies before moving the eighth file into place.
  const kill = join(folder.dir, 'kill.js');
  writeFileSync(
    kill,
    `const fs = require('node:fs');
const { renameSync } = fs;
let left = 7;
const { readdirSync } = fs;
fs.readdirSync = (...args) => readdirSync(...args).reverse();
fs.renameSync = (...names) => {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  renameSync(...names);
};
`,
  );
  const program = join(copy, 'packages/create-quayside/bin/create-quayside.js');
  let deaths = 0;
  for (; deaths < 20; deaths += 1) {
    const args = ['--require', kill, program, 'rename', 'my-service'];
    const { code } = await ended(process.execPath, args, copy, npmEnv);
    if (code === 0) break;
    expect(code).toBeNull();
  }
  expect(deaths).toBeGreaterThan(4);
  expect(contents(copy)).toEqual(contents(whole));
});

test('new projects are made from the renamed repository', async () => {
  const copy = newRepository();
  await rename(copy, 'rename', 'my-service');
  const registry = await registryWith('0.1.0');
  const program = join(copy, 'packages/create-quayside/bin/create-quayside.js');
  const made = await ended(process.execPath, [program, 'bills'], folder.dir, registry.env);
  await registry.close();
  expect(made).toMatchObject({ code: 0 });
  const files = filesIn(join(folder.dir, 'bills'));
  const left = Object.entries(files).filter(([name, { text }]) => /my-?service/i.test(name + text));
  expect(left.map(([name]) => name)).toEqual([]);
  expect(files['README.md']?.text).toContain('app/bills.ts');
});

describe('what is refused, without writing anything', () => {
  const example = 'For example: npm run rename --';
  test.each<[string, string[], number, string]>([
    ['no name', ['rename'], 64, 'expected one NAME, for example: npm run rename -- my-service'],
    ['two names', ['rename', 'a', 'b'], 64, 'expected one NAME'],
    ['another command’s option', ['rename', 'a', '--force'], 64, '--force is not an option of rename'],
    ['capitals', ['rename', 'My_Service'], 64, `"My_Service" cannot be a project's name: expected lower-case letters`],
    ['a dependency', ['rename', 'express'], 64, `${example} express-service`],
    ['a service of Compose', ['rename', 'doctor'], 64, 'the Compose files have another service of that name'],
    ['a word of YAML', ['rename', 'true'], 64, 'YAML does not read it as text'],
    [
      'a word of the files',
      ['rename', 'server'],
      64,
      `uses that word for something else, so the next renaming could not tell the two apart. ${example} server-service`,
    ],
  ])('%s', async (_what, args, code, message) => {
    const copy = newRepository();
    const before = contents(copy);
    const refused = await rename(copy, ...args);
    expect(refused.output).toContain(message);
    expect(refused.code).toBe(code);
    expect(contents(copy)).toEqual(before);
    rmSync(copy, { recursive: true });
  });

  test('a file that is in the way', async () => {
    const copy = newRepository();
    writeFileSync(join(copy, 'app/my-service.ts'), 'mine');
    const before = contents(copy);
    const { code, output } = await rename(copy, 'rename', 'my-service');
    expect(output).toBe(
      `create-quayside: app/${template}.ts cannot become app/my-service.ts, which already exists. Move one of them away\n`,
    );
    expect(code).toBe(73);
    expect(contents(copy)).toEqual(before);
  });

  test('a package.json that has been renamed by hand', async () => {
    const copy = newRepository();
    const manifest = readFileSync(join(copy, 'package.json'), 'utf8');
    writeFileSync(join(copy, 'package.json'), manifest.replace(`"name": "${template}"`, '"name": "my-service"'));
    const { code, output } = await rename(copy, 'rename', 'my-service');
    expect(output).toBe(
      'create-quayside: package.json has the name "my-service", but there is no app/my-service.ts. ' +
        'Set it back to the name in the files. To rename the project, use npm run rename -- NAME\n',
    );
    expect(code).toBe(65);
    expect(await rename(copy, join(folder.dir, 'bills-2'))).toEqual({ code, output });
  });
});
