import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAll } from '../../quayside/harness/run';
import { projectManifest } from '../src/manifest.js';
import { renamedFile } from '../src/naming.js';
import { composeServices, nameIn, rootFiles } from '../src/template.js';
import { createQuayside, filesIn, newFolder, registryWith, root, type Registry } from './command';

jest.setTimeout(60_000);

const folder = newFolder();
const dir = join(folder.dir, 'my-orders');
/** The template's name, which may have been changed. */
const template = nameIn(root);
/** Files that only a project has. */
const own = ['.create-quayside.json', '.github/workflows/ci.yml', 'README.md'];
let registry: Registry;

beforeAll(async () => {
  registry = await registryWith('0.1.0');
  await createQuayside(['my-orders'], folder.dir, registry.env);
});
afterAll(async () => {
  await endAll();
  await registry.close();
  folder.remove();
});

test('the template’s name is left in no file and no file name', () => {
  const left = Object.entries(filesIn(dir)).filter(([name, { text }]) => new RegExp(template, 'i').test(name + text));
  expect(left.map(([name]) => name)).toEqual([]);
});

test('one source: each file is the root’s after renaming, and executable if that is', () => {
  const written = filesIn(dir);
  const expected = rootFiles(root)
    .filter((file) => file.path !== 'package.json')
    .map((file) => {
      const { path, data, executable } = renamedFile(file, template, 'my-orders');
      return [path, { text: data.toString(), executable }] as const;
    });
  const theirs = Object.entries(written).filter(([name]) => ![...own, 'package.json'].includes(name));
  expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(expected));
  expect(Object.keys(written)).toEqual(expect.arrayContaining(own));
  expect(written['cmd.sh']?.executable).toBe(true);
});

test('the name is where it has to be', () => {
  const files = filesIn(dir);
  expect(files['cmd.sh']?.text).toMatch(/quayside dev app\/my-orders\.ts[^]*quayside serve dist\/my-orders\.js/);
  expect(files['test/my-orders.test.ts']?.text).toContain("from '../app/my-orders'");
  for (const file of ['docker-compose.prod.yml', 'docker-compose.dev.yml']) {
    expect(files[file]?.text).toMatch(/^ {2}my-orders:$/m);
  }
  expect(files.Dockerfile?.text).toContain('LABEL org.opencontainers.image.title=my-orders\n');
  expect(files['deploy/prometheus-rules.yml']?.text).toContain('alert: MyOrdersDown\n');
});

test('package.json: the project’s own scripts, dependencies and tests, in the root’s versions', () => {
  const manifest = JSON.parse(filesIn(dir)['package.json']?.text ?? '') as ReturnType<typeof projectManifest>;
  const rootManifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as typeof manifest;
  expect(manifest).toMatchObject({ name: 'my-orders', version: '0.1.0', private: true, engines: rootManifest.engines });
  const scripts = [
    'build',
    'deploy',
    'dev',
    'doctor',
    'lint',
    'prestart',
    'release',
    'sbom',
    'start',
    'test',
    'test:watch',
  ];
  expect(Object.keys(manifest.scripts).sort()).toEqual(scripts);
  expect(manifest.scripts.start).toBe(rootManifest.scripts.start);
  expect(manifest.dependencies).toEqual({ ...rootManifest.dependencies, quayside: '^0.1.0' });
  const tools = ['@types/jest', '@types/supertest', 'jest', 'supertest', 'ts-jest'];
  expect(Object.keys(manifest.devDependencies).sort()).toEqual(tools);
  expect(manifest.devDependencies.jest).toBe(rootManifest.devDependencies.jest);
  expect(Object.keys(manifest.jest)).not.toEqual(expect.arrayContaining(['projects']));
  expect(manifest.jest.transform).toEqual(rootManifest.jest.transform);
  expect(manifest).not.toHaveProperty('workspaces');
  expect(manifest).toHaveProperty('license', 'UNLICENSED');
});

test('it records the version it was made from, for updates', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/create-quayside/package.json'), 'utf8')) as {
    version: string;
  };
  expect(JSON.parse(filesIn(dir)['.create-quayside.json']?.text ?? '')).toEqual({ version, name: 'my-orders' });
});

test('composeServices lists the services other than the project’s own', () => {
  expect(composeServices(rootFiles(root))).toEqual(expect.arrayContaining(['test', 'doctor', 'workspace']));
  expect(composeServices(rootFiles(root))).not.toContain(template);
});
