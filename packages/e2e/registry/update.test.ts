// create-quayside update, by packages that come from a real registry.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { startRegistry, succeed } from './registry';
import { copyRepository } from './repository';

// Verdaccio is installed, and a project locked, by an empty cache.
jest.setTimeout(300_000);

const dir = mkdtempSync(join(tmpdir(), 'quayside-update-'));
const repository = join(dir, 'repository');
const made = join(dir, 'work/orders');
const program = join(dir, 'tool/node_modules/.bin/create-quayside');
let env: NodeJS.ProcessEnv;
let projects = 0;

const npm = (args: string[], cwd: string) => succeed('npm', args, cwd, env);
const publish = (name: string) => npm(['publish'], join(repository, 'packages', name));
const put = (folder: string, name: string, data: string | Buffer) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), data);
};
const edit = (folder: string, name: string, from: string | RegExp, to: string) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const edited = text.replace(from, to);
  if (edited === text) throw new Error(`${name} has no ${String(from)}`);
  writeFileSync(join(folder, name), edited);
};

/** What the template has before the update, beside what is in the repository. */
function prepareTemplate(): void {
  put(repository, 'deploy/logo.bin', Buffer.from([0, 1]));
  put(repository, 'deploy/icon.bin', Buffer.from([0, 1]));
  put(repository, 'deploy/dropped.conf', 'dropped\n');
  put(repository, 'deploy/old/dropped.conf', 'dropped\n');
  put(repository, 'deploy/dropped-changed.conf', 'dropped\n');
  put(repository, 'deploy/script', '#!/bin/sh\necho identidock\n');
}

/** What an update brings. */
function changeTemplate(): void {
  edit(repository, 'Dockerfile', /^/, '# Of identidock, anew.\n');
  edit(repository, 'cmd.sh', 'quayside dev', 'quayside dev --template');
  edit(repository, 'docker-compose.dev.yml', /^/, '# Of identidock, anew.\n');
  edit(repository, 'deploy/nginx.conf', /^/, '# Anew.\n');
  edit(repository, 'doctor/versions.js', /^/, '// Anew.\n');
  edit(repository, 'app/identidock.ts', /^/, '// Anew.\n');
  edit(repository, 'test/identidock.test.ts', /^/, '// Anew.\n');
  edit(repository, 'packages/create-quayside/files/README.md', /^/, 'Anew.\n');
  put(repository, 'deploy/logo.bin', Buffer.from([0, 2]));
  put(repository, 'deploy/icon.bin', Buffer.from([0, 2]));
  for (const name of ['dropped.conf', 'old/dropped.conf', 'dropped-changed.conf']) {
    rmSync(join(repository, 'deploy', name));
  }
  chmodSync(join(repository, 'deploy/script'), 0o755);
  put(repository, 'deploy/new.conf', 'identidock\n');
  put(repository, 'deploy/mine.conf', 'the template’s\n');
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
    dependencies: Record<string, string>;
  };
  manifest.scripts.start = 'ENV=PROD exec ./cmd.sh --template';
  manifest.scripts.dev = 'ENV=DEV exec ./cmd.sh --template';
  manifest.dependencies.quayside = '^0.1.1';
  manifest.dependencies.added = '^1.0.0';
  put(repository, 'package.json', JSON.stringify(manifest));
}

/** A project as it was made, in a commit. */
function newProject(change: (project: string) => void = () => undefined): string {
  projects += 1;
  const project = join(dir, `project-${String(projects)}`);
  cpSync(made, project, { recursive: true });
  change(project);
  git(project, 'init', '--quiet');
  commit(project);
  return project;
}

const git = (project: string, ...args: string[]) => {
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@test.invalid'];
  return execFileSync('git', [...author, ...args], { cwd: project, encoding: 'utf8' });
};
const commit = (project: string) => {
  git(project, 'add', '--all');
  git(project, 'commit', '--quiet', '--message', 'As it is');
};

/** Everything that a user may have done. */
function changeProject(project: string): void {
  edit(project, 'Dockerfile', /$/, '# Mine.\n');
  edit(project, 'cmd.sh', 'quayside dev', 'quayside dev --mine');
  edit(project, 'docker-compose.prod.yml', /^/, '# Mine.\n');
  edit(project, 'deploy/dropped-changed.conf', /$/, 'mine\n');
  edit(project, 'app/orders.ts', /^/, '// Mine.\n');
  rmSync(join(project, 'deploy/nginx.conf'));
  put(project, 'deploy/icon.bin', Buffer.from([0, 3]));
  put(project, 'deploy/mine.conf', 'mine\n');
  put(dir, 'elsewhere.js', 'elsewhere\n');
  rmSync(join(project, 'doctor/versions.js'));
  symlinkSync(join(dir, 'elsewhere.js'), join(project, 'doctor/versions.js'));
  edit(project, 'package.json', '"start": "ENV=PROD exec ./cmd.sh"', '"start": "mine", "mine": "mine"');
}

/** Runs the new version's update. */
async function update(project: string, args: string[] = [], more: NodeJS.ProcessEnv = {}) {
  const { exited, closed, output } = run(program, {
    args: ['update', ...args],
    cwd: project,
    env: { ...env, ...more },
  });
  const { code, signal } = await exited;
  await closed;
  return { code, signal, output: output() };
}

/** The files of a project, without git's. */
function contents(project: string): Record<string, string> {
  const names = readdirSync(project, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^\.git(\/|$)/.test(name) && !lstatSync(join(project, name)).isDirectory())
    .sort();
  const read = (name: string) => {
    const path = join(project, name);
    if (lstatSync(path).isSymbolicLink()) return `-> ${readlinkSync(path)}`;
    return `${(statSync(path).mode & 0o111).toString(8)} ${readFileSync(path, 'latin1')}`;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

const record = (project: string) => readFileSync(join(project, '.create-quayside.json'), 'utf8');

beforeAll(async () => {
  // Dies before it puts the nth file in its place.
  put(
    dir,
    'kill.js',
    `const fs = require('node:fs');
const { renameSync } = fs;
let left = Number(process.env.KILL_AT);
fs.renameSync = (...names) => {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  renameSync(...names);
};
`,
  );
  copyRepository(repository);
  prepareTemplate();
  env = await startRegistry(join(dir, 'registry'));
  await publish('quayside');
  await publish('create-quayside');
  mkdirSync(join(dir, 'work'));
  await npm(['create', '--yes', 'quayside@latest', '--', 'orders'], join(dir, 'work'));

  changeTemplate();
  await npm(['pkg', 'set', 'version=0.2.0'], join(repository, 'packages/create-quayside'));
  await publish('create-quayside');
  mkdirSync(join(dir, 'tool'));
  await npm(['install', '--no-audit', '--no-fund', 'create-quayside@0.2.0'], join(dir, 'tool'));
});
afterAll(async () => {
  await endAll();
  rmSync(dir, { recursive: true });
});

test('a project without changes gets the template as it is now, by npx', async () => {
  const project = newProject();
  const output = await succeed('npx', ['--yes', 'create-quayside@latest', 'update'], project, env);
  expect(output.split('\n')).toEqual([
    'updated  Dockerfile',
    'updated  cmd.sh',
    'removed  deploy/dropped-changed.conf',
    'removed  deploy/dropped.conf',
    'updated  deploy/icon.bin',
    'updated  deploy/logo.bin',
    'added    deploy/mine.conf',
    'added    deploy/new.conf',
    'updated  deploy/nginx.conf',
    'removed  deploy/old/dropped.conf',
    'updated  deploy/script',
    'updated  docker-compose.dev.yml',
    'updated  doctor/versions.js',
    'merged   package.json',
    '',
    'orders, from create-quayside 0.1.0 to 0.2.0: 8 updated, 3 removed, 2 added, 1 merged',
    'The dependencies have changed: run npm install',
    '',
  ]);
  const before = contents(made);
  const after = contents(project);
  expect(after.Dockerfile).toBe(before.Dockerfile?.replace(/ /, ' # Of orders, anew.\n'));
  expect(after['deploy/new.conf']).toBe('0 orders\n');
  expect(after['deploy/logo.bin']).toBe('0 \0\u0002');
  expect(after['deploy/script']).toBe('111 #!/bin/sh\necho orders\n');
  expect(existsSync(join(project, 'deploy/old'))).toBe(false);
  for (const own of ['app/orders.ts', 'test/orders.test.ts', 'README.md', 'package-lock.json']) {
    expect(after[own]).toBe(before[own]);
  }
  const manifest = JSON.parse(after['package.json']?.slice(2) ?? '') as typeof expected;
  const expected = JSON.parse(before['package.json']?.slice(2) ?? '') as {
    scripts: Record<string, string>;
    dependencies: Record<string, string>;
  };
  Object.assign(expected.dependencies, { quayside: '^0.1.1', added: '^1.0.0' });
  Object.assign(expected.scripts, {
    start: 'ENV=PROD exec ./cmd.sh --template',
    dev: 'ENV=DEV exec ./cmd.sh --template',
  });
  expect(manifest).toEqual(expected);
  expect(JSON.parse(record(project))).toEqual({ version: '0.2.0', name: 'orders' });
});

test('a project with changes keeps every one of them; a second run changes nothing', async () => {
  const project = newProject(changeProject);
  const { code, output } = await update(project);
  expect(output.split('\n')).toEqual([
    'merged   Dockerfile',
    'conflict cmd.sh: 1 place, marked in the file',
    'kept     deploy/dropped-changed.conf: changed here; the template no longer has it',
    'removed  deploy/dropped.conf',
    "conflict deploy/icon.bin: it is binary, and changed on both sides: it stays as it is, and the template's is deploy/icon.bin.template-0.2.0",
    'updated  deploy/logo.bin',
    "conflict deploy/mine.conf: this file was here before the template had one: it stays as it is, and the template's is deploy/mine.conf.template-0.2.0",
    'added    deploy/new.conf',
    'kept     deploy/nginx.conf: deleted here; the template has changed it',
    'removed  deploy/old/dropped.conf',
    'updated  deploy/script',
    'updated  docker-compose.dev.yml',
    'conflict doctor/versions.js: doctor/versions.js is a symbolic link that leads out of the project: nothing is written',
    'merged   package.json',
    'kept     package.json: scripts.start stays "mine"; the template has "ENV=PROD exec ./cmd.sh --template" instead of "ENV=PROD exec ./cmd.sh"',
    '',
    expect.stringContaining('orders, from create-quayside 0.1.0 to 0.2.0: '),
    'Resolve the conflicts: in a file, each is between <<<<<<< and >>>>>>>',
    'The dependencies have changed: run npm install',
    '',
  ]);
  expect(code).toBe(1);
  const files = contents(project);
  expect(files.Dockerfile).toMatch(/^0 # Of orders, anew\.\n[^]*\n# Mine\.\n$/);
  expect(files['cmd.sh']).toMatch(
    /<<<<<<< yours\n.*dev --mine .*\n\|{7} template 0\.1\.0\n.*dev app.*\n=======\n.*dev --template .*\n>>>>>>> template 0\.2\.0\n/,
  );
  expect(files['cmd.sh']).toMatch(/^111 /);
  expect(files['docker-compose.prod.yml']).toMatch(/^0 # Mine\.\n/);
  expect(files['deploy/dropped-changed.conf']).toBe('0 dropped\nmine\n');
  expect(files['deploy/icon.bin']).toBe('0 \0\u0003');
  expect(files['deploy/icon.bin.template-0.2.0']).toBe('0 \0\u0002');
  expect(files['deploy/mine.conf']).toBe('0 mine\n');
  expect(Object.keys(files)).not.toContain('deploy/nginx.conf');
  expect(files['app/orders.ts']).toMatch(/^0 \/\/ Mine\.\n/);
  expect(files['doctor/versions.js']).toBe(`-> ${join(dir, 'elsewhere.js')}`);
  expect(readFileSync(join(dir, 'elsewhere.js'), 'utf8')).toBe('elsewhere\n');
  expect(Object.keys(files).filter((name) => name.includes('create-quayside'))).toEqual(['.create-quayside.json']);

  expect(await update(project)).toMatchObject({
    code: 0,
    output: 'orders already has the template of create-quayside 0.2.0\n',
  });
  expect(contents(project)).toEqual(files);
});

test('--dry-run says the same, and writes nothing', async () => {
  const project = newProject(changeProject);
  const before = contents(project);
  const dry = await update(project, ['--dry-run']);
  expect(contents(project)).toEqual(before);
  const wet = await update(project);
  const lines = (output: string) => output.split('\n\n')[0];
  expect(lines(dry.output)).toBe(lines(wet.output));
  expect(dry.output).toMatch(/\nNothing was written, because of --dry-run\n$/);
  expect([dry.code, wet.code]).toEqual([1, 1]);
});

describe('what is in no commit', () => {
  test('is not written over, but with --force', async () => {
    const project = newProject();
    edit(project, 'Dockerfile', /$/, '# Mine.\n');
    edit(project, 'app/orders.ts', /$/, '// Mine.\n');
    put(project, 'deploy/mine.conf', 'mine\n');
    const before = contents(project);
    expect(await update(project)).toMatchObject({
      code: 73,
      output:
        'create-quayside: files to be written have uncommitted changes. Commit them, or use --force:\n  Dockerfile\n',
    });
    expect(contents(project)).toEqual(before);
    expect((await update(project, ['--force'])).code).toBe(1);
    expect(contents(project).Dockerfile).toMatch(/anew\.\n[^]*# Mine\.\n$/);
  });

  test('a file that git ignores is in no commit either', async () => {
    const project = newProject((ignoring) => {
      edit(ignoring, '.gitignore', /$/, 'Dockerfile\n');
    });
    expect((await update(project)).output).toMatch(/or use --force:\n {2}Dockerfile\n$/);
  });

  test('a folder that is in no repository takes --force', async () => {
    const project = newProject();
    rmSync(join(project, '.git'), { recursive: true });
    const before = contents(project);
    const { code, output } = await update(project);
    expect(output).toMatch(/^create-quayside: .* is not in a git repository\. Commit it to one, .*, or use --force\n$/);
    expect(code).toBe(73);
    expect(contents(project)).toEqual(before);
    expect((await update(project, ['--force'])).code).toBe(0);
  });
});

test('killed at any file, it can be run again, and ends as if nothing had happened', async () => {
  const whole = newProject(changeProject);
  await update(whole);
  const expected = contents(whole);

  const project = newProject(changeProject);
  const kill = { NODE_OPTIONS: `--require=${join(dir, 'kill.js')}` };
  let deaths = 0;
  // Each run begins with the journal, and dies at its second file: one more is written each time.
  while (deaths < 50) {
    const { signal, code } = await update(project, ['--force'], { ...kill, KILL_AT: '2' });
    if (signal === null) {
      expect(code).toBe(1);
      break;
    }
    deaths += 1;
    expect(JSON.parse(record(project))).toMatchObject({ version: '0.1.0' });
  }
  expect(deaths).toBeGreaterThan(8);
  expect(contents(project)).toEqual(expected);
});

test('what was undone after an interruption is done again', async () => {
  const project = newProject();
  await update(project, [], { NODE_OPTIONS: `--require=${join(dir, 'kill.js')}`, KILL_AT: '4' });
  expect(git(project, 'status', '--porcelain')).toContain('M Dockerfile');
  git(project, 'checkout', '--quiet', '.');
  expect((await update(project)).code).toBe(0);
  expect(contents(project).Dockerfile).toContain('anew');
});

describe('what is refused, without writing anything', () => {
  test.each<[string, (project: string) => void, number, RegExp]>([
    [
      'a folder that is no project',
      (project) => {
        rmSync(join(project, '.create-quayside.json'));
      },
      65,
      /^create-quayside: .* is not the folder of a project that create-quayside made: \.create-quayside\.json is missing; expected \{/,
    ],
    [
      'a broken record',
      (project) => {
        put(project, '.create-quayside.json', '{"version": "latest; rm -rf", "name": "orders"}');
      },
      65,
      /\.create-quayside\.json is ".*"; expected \{"version"/,
    ],
    [
      'a later template',
      (project) => {
        edit(project, '.create-quayside.json', '0.1.0', '0.10.0');
      },
      65,
      /^create-quayside: orders is not updated: it has the template of create-quayside 0\.10\.0, and this is 0\.2\.0\. Run: npx create-quayside@latest update\n$/,
    ],
    [
      'a version that was never published',
      (project) => {
        edit(project, '.create-quayside.json', '0.1.0', '0.0.9');
      },
      69,
      /^create-quayside: create-quayside 0\.0\.9, which the project's files come from, is not available: .*0\.0\.9.*\. Nothing was written\n$/,
    ],
    [
      'a broken package.json',
      (project) => {
        put(project, 'package.json', '{');
      },
      65,
      /^create-quayside: .*\/package\.json is not JSON: /,
    ],
  ])('%s', async (_what, change, code, message) => {
    const project = newProject(change);
    const before = contents(project);
    const refused = await update(project);
    expect(refused.output).toMatch(message);
    expect(refused.code).toBe(code);
    expect(contents(project)).toEqual(before);
  });

  test('no registry that answers', async () => {
    const project = newProject();
    const before = contents(project);
    const [port] = await freePorts(1);
    const { code, output } = await update(project, [], {
      npm_config_registry: `http://127.0.0.1:${String(port)}/`,
      npm_config_cache: join(dir, 'empty'),
    });
    expect(output).toMatch(/is not available: .*ECONNREFUSED.*\. Nothing was written\n$/);
    expect(code).toBe(69);
    expect(contents(project)).toEqual(before);
  });
});
