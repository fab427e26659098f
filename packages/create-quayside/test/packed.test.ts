import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { endAll } from '../../quayside/harness/run';
import { rootFiles } from '../src/template.js';
import { createQuayside, ended, filesIn, newFolder, registryWith, root, type Ended } from './command';

jest.setTimeout(60_000);

const { dir, remove } = newFolder();
const installed = join(dir, 'node_modules/create-quayside');

/** A copy of the part of the repository that packing reads: other tests work in the repository itself. */
function copyRepository(copy: string): string {
  for (const file of rootFiles(root)) {
    mkdirSync(dirname(join(copy, file.path)), { recursive: true });
    writeFileSync(join(copy, file.path), file.data, { mode: file.executable ? 0o755 : 0o644 });
  }
  const own = join(copy, 'packages/create-quayside');
  const left = new Set(['node_modules', 'template']);
  cpSync(dirname(__dirname), own, { recursive: true, filter: (path) => !left.has(basename(path)) });
  return own;
}

beforeAll(async () => {
  const own = copyRepository(join(dir, 'repository'));
  const packed = await ended('npm', ['pack', '--pack-destination', dir], own, process.env);
  expect(packed).toMatchObject({ code: 0 });
  // The template is in the package, and no longer in the repository.
  expect(readdirSync(own)).not.toContain('template');
  mkdirSync(installed, { recursive: true });
  const unpack = ['-xzf', 'create-quayside-0.1.0.tgz', '-C', installed, '--strip-components', '1'];
  await ended('tar', unpack, dir, process.env);
  const dependency = 'node_modules/validate-npm-package-name';
  symlinkSync(join(root, dependency), join(dir, dependency));
});
afterAll(async () => {
  await endAll();
  remove();
});

const createPacked = (args: string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  ended(process.execPath, [join(installed, 'bin/create-quayside.js'), ...args], dir, env);

test('the published package writes the files that the repository does', async () => {
  const registry = await registryWith('0.1.0');
  const here = join(dir, 'here');
  mkdirSync(here);
  await createQuayside(['orders'], here, registry.env);
  expect(await createPacked(['there/orders'], registry.env)).toMatchObject({ code: 0 });
  await registry.close();
  expect(filesIn(join(dir, 'there/orders'))).toEqual(filesIn(join(here, 'orders')));
});

test('it fails if the registry has no quayside, and writes nothing', async () => {
  const registry = await registryWith();
  const { code, output } = await createPacked(['lost'], registry.env);
  await registry.close();
  expect(output).toBe("create-quayside: npm's configured registry has no quayside ^0.1.0\n");
  expect(code).toBe(69);
  expect(readdirSync(dir)).not.toContain('lost');
});

test('it has no --local, and its usage names npm create', async () => {
  const { code, output } = await createPacked(['orders', '--local'], process.env);
  expect(output).toMatch(/^create-quayside: --local works only in quayside's repository/);
  expect(code).toBe(64);
  expect((await createPacked(['--help'], process.env)).output).toMatch(/^Usage: npm create quayside DIRECTORY\n/);
});
