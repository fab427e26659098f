import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../quayside/harness/ports';
import { endAll } from '../../quayside/harness/run';
import { createQuayside, filesIn, newFolder, npmEnv, registryWith } from './command';

jest.setTimeout(60_000);

const folder = newFolder();
const { dir } = folder;
afterEach(() => endAll());
afterAll(() => {
  folder.remove();
});

const manifestOf = (name: string) =>
  JSON.parse(filesIn(join(dir, name))['package.json']?.text ?? '') as { dependencies: Record<string, string> };

describe('what is refused, without writing anything', () => {
  test.each([
    ['no folder', [], 64, /^create-quayside: expected one DIRECTORY, for example: npm run new -- \.\.\/orders$/m],
    ['two folders', ['a', 'b'], 64, /^create-quayside: expected one DIRECTORY/],
    ['an unknown option', ['orders', '--lokal'], 64, /^create-quayside: Unknown option '--lokal'/],
    [
      'an option of another command',
      ['orders', '--force'],
      64,
      /^create-quayside: --force is not an option of a new project$/m,
    ],
    [
      'an update of something',
      ['update', 'orders'],
      64,
      /^create-quayside: update takes no argument, but got orders$/m,
    ],
    ['an update of no project', ['update'], 65, /is not the folder of a project that create-quayside made: /],
    ['a name', ['sub/My_Orders'], 64, /^create-quayside: "My_Orders" cannot .*: npm run new -- sub\/my-orders$/m],
    ['a dependency', ['express'], 64, /^create-quayside: "express" cannot be .*: npm run new -- express-service$/m],
    ['a service of the template', ['workspace'], 64, /the Compose files have another service of that name/],
    ['a folder that is not empty', ['full'], 73, /^create-quayside: .*\/full is not empty: expected/],
    ['a file', ['full/file'], 73, /^create-quayside: .*\/full\/file is not a folder: expected/],
    ['a folder in a file', ['full/file/orders'], 73, /^create-quayside: .*\/orders is not a folder: expected/],
  ])('%s', async (_what, args, code, message) => {
    mkdirSync(join(dir, 'full'), { recursive: true });
    writeFileSync(join(dir, 'full/file'), '');
    const refused = await createQuayside(args, dir);
    expect(refused.output).toMatch(message);
    expect(refused.code).toBe(code);
    expect(readdirSync(dir, { recursive: true })).toEqual(['full', 'full/file']);
  });
});

test('--help and --version', async () => {
  expect(await createQuayside(['--version'], dir)).toEqual({ code: 0, output: '0.1.0\n' });
  const help = await createQuayside(['--help'], dir);
  expect(help.code).toBe(0);
  expect(help.output).toMatch(/^Usage: npm run new -- DIRECTORY$[^]*--local/m);
});

describe('quayside comes', () => {
  test('from the registry that has it; if npm cannot write the lock file, the output says what to run', async () => {
    const registry = await registryWith('0.1.0', '0.1.7', '0.2.0');
    const { code, output } = await createQuayside(['registered'], dir, registry.env);
    await registry.close();
    expect(code).toBe(0);
    expect(output).toMatch(/^registered is written to .*\/registered\nquayside: \^0\.1\.0, from the registry/);
    expect(output).toMatch(/^package-lock\.json could not be written: .* Run this in the project first: npm install$/m);
    expect(output).toMatch(/^Next:\n {2}cd registered\n {2}npm ci && npm test\n {2}docker compose up/m);
    expect(manifestOf('registered').dependencies.quayside).toBe('^0.1.0');
    expect(existsSync(join(dir, 'registered/vendor'))).toBe(false);
  });

  test.each([[[]], [['0.0.9', '0.2.0']]])('in vendor/, if the registry has %j of it', async (versions) => {
    const registry = await registryWith(...versions);
    const name = `lacking-${String(versions.length)}`;
    const { output } = await createQuayside([name], dir, registry.env);
    await registry.close();
    expect(output).toContain('packed from this repository because the registry has no quayside ^0.1.0\n');
    expect(manifestOf(name).dependencies.quayside).toBe('file:vendor/quayside-0.1.0.tgz');
    expect(readdirSync(join(dir, name, 'vendor'))).toEqual(['quayside-0.1.0.tgz']);
  });

  test('in vendor/, if the registry does not answer', async () => {
    const [port] = await freePorts(1);
    const env = { ...npmEnv, npm_config_registry: `http://127.0.0.1:${String(port)}/` };
    const { output } = await createQuayside(['silent'], dir, env);
    expect(output).toMatch(
      /packed from this repository because the registry could not be queried \(.*ECONNREFUSED.*\)$/m,
    );
    expect(manifestOf('silent').dependencies.quayside).toBe('file:vendor/quayside-0.1.0.tgz');
  });

  test('in vendor/ with --local, whatever the registry has', async () => {
    const registry = await registryWith('0.1.0');
    const { output } = await createQuayside(['--local', 'carried'], dir, registry.env);
    await registry.close();
    expect(output).toContain('packed from this repository because of --local\n');
    expect(manifestOf('carried').dependencies.quayside).toBe('file:vendor/quayside-0.1.0.tgz');
  });
});
