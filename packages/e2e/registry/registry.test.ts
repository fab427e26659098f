import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { startRegistry, succeed } from './registry';
import { copyRepository } from './repository';

// Three hundred packages come through the registry, into an empty cache.
jest.setTimeout(300_000);

const dir = mkdtempSync(join(tmpdir(), 'quayside-registry-'));
const repository = join(dir, 'repository');
const project = join(dir, 'work/orders');
let env: NodeJS.ProcessEnv;

const npm = (args: string[], cwd = project) => succeed('npm', args, cwd, env);
const publish = (name: string) => npm(['publish'], join(repository, 'packages', name));

/** Starts the project by npm, sees that it answers, and ends it. */
async function serves(args: string[], line: RegExp): Promise<void> {
  const [port, statsPort, inspectPort] = await freePorts(3);
  const ports = { PORT: String(port), STATS_PORT: String(statsPort), INSPECT_PORT: String(inspectPort) };
  const server = run('npm', { args, cwd: project, env: { ...env, ...ports } });
  await server.line(line);
  expect(await fetch(port ?? 0)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
  server.killGroup('SIGTERM');
  await server.closed;
}

beforeAll(async () => {
  copyRepository(repository);
  env = await startRegistry(join(dir, 'registry'));
  await publish('quayside');
  await publish('create-quayside');
});
afterAll(async () => {
  await endAll();
  rmSync(dir, { recursive: true });
});

test('npm create quayside: a project that takes quayside from the registry', async () => {
  mkdirSync(join(dir, 'work'));
  const output = await npm(['create', '--yes', 'quayside@latest', '--', 'orders'], join(dir, 'work'));
  expect(output).toContain('quayside: ^0.1.0, from the registry\n');
  expect(readFileSync(join(project, 'package-lock.json'), 'utf8')).not.toContain('127.0.0.1');
  await npm(['ci', '--no-audit', '--no-fund']);
});

test('npm run dev and npm start serve it', async () => {
  await serves(['run', 'dev'], /serving after/);
  await serves(['start'], /"ready"/);
});

test('npm update quayside takes a later version, and it still serves', async () => {
  await npm(['pkg', 'set', 'version=0.1.1'], join(repository, 'packages/quayside'));
  await publish('quayside');
  expect(await succeed('npx', ['quayside', '--version'], project, env)).toBe('0.1.0\n');
  await npm(['update', 'quayside', '--no-audit', '--no-fund']);
  expect(await succeed('npx', ['quayside', '--version'], project, env)).toBe('0.1.1\n');
  await serves(['start'], /"ready"/);
});

test('the doctor notes that the template is older than quayside, until it is updated', async () => {
  const doctor = async () => {
    const running = run(process.execPath, { args: ['doctor/main.js'], cwd: project, env });
    await running.closed;
    return running.output();
  };
  expect(await doctor()).toMatch(
    /^note {2}the template's files are older than quayside: they are from 0\.1\.0, but 0\.1\.1 is installed\n +Run: npx create-quayside@latest update$/m,
  );
  await npm(['pkg', 'set', 'version=0.1.1'], join(repository, 'packages/create-quayside'));
  await publish('create-quayside');
  // The project is in no git repository.
  await succeed('npx', ['--yes', 'create-quayside@latest', 'update', '--force'], project, env);
  expect(await doctor()).toMatch(/^ok {4}the template's files are from 0\.1\.1, quayside is 0\.1\.1$/m);

  writeFileSync(join(project, '.create-quayside.json'), '{}');
  expect(await doctor()).toMatch(/^wrong \.create-quayside\.json does not say which version of the template this is$/m);
});
