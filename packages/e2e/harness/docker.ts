// The real Docker Engine and Compose, for tests of the image.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { fixture, root } from '../../quayside/harness/paths';
import { renameFiles } from '../../create-quayside/src/rename.js';
import { run, type Running } from '../../quayside/harness/run';
import { read, templateName } from './template';

const exec = promisify(execFile);

/** The variable by which global set-up hands on whether there is an engine: present, absent, or missing where needed. */
export const ENGINE = 'IDENTIDOCK_TEST_ENGINE';

/** A describe() that is counted as skipped where there is no engine, and fails where there has to be one. */
export function describeImage(name: string, tests: () => void): void {
  jest.setTimeout(180_000);
  const engine = process.env[ENGINE];
  const describeOrSkip = engine === 'absent' ? describe.skip : describe;
  describeOrSkip(name, () => {
    if (engine === 'missing') {
      test('a Docker Engine answers', () => {
        throw new Error('no Docker Engine with Compose answers, and CI=true or REQUIRE_DOCKER=1 asks for one');
      });
    } else {
      tests();
    }
  });
}

/**
 * Runs docker.
 * @returns its stdout, without the last line break
 * @throws Error with its stderr where the exit code is not 0
 */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await exec('docker', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trimEnd();
}

/** Waits for a line in the log of a container, also one already written. */
export async function logged(id: string, pattern: RegExp): Promise<void> {
  const logs = run('docker', { args: ['logs', '--follow', id], env: process.env });
  await logs.line(pattern);
  logs.kill('SIGKILL');
  await logs.closed;
}

/** A checkout of its own, with the tests' service in it. Its containers and networks have a name of their own. */
export class Checkout {
  readonly dir = mkdtempSync(join(tmpdir(), 'identidock-'));
  /** Of its Compose project. */
  readonly name = basename(this.dir).toLowerCase();
  /** The image that is built here. */
  readonly image = this.name;

  constructor() {
    const left = new Set(['node_modules', 'dist', '.git', '.env', 'coverage']);
    cpSync(root, this.dir, { recursive: true, filter: (path) => !left.has(basename(path)) });
    renameFiles(this.dir, templateName);
    cpSync(fixture('identidock.ts'), join(this.dir, 'app/identidock.ts'));
    for (const path of ['docker-compose.prod.yml', 'deploy/rollout']) {
      const name = /^( *image: |repository=)(\$\{IMAGE:-)?identidock/gm;
      this.edit(path, (text) => text.replace(name, `$1$2${this.image}`));
    }
  }

  /** Changes a file of it. */
  edit(path: string, change: (text: string) => string): void {
    writeFileSync(join(this.dir, path), change(readFileSync(join(this.dir, path), 'utf8')));
  }

  /** Writes a secret's file as the documents say: any user in a container may read it, of the host's its owner alone. */
  writeSecret(name: string, value: string): void {
    mkdirSync(join(this.dir, 'secrets'), { mode: 0o700, recursive: true });
    writeFileSync(join(this.dir, 'secrets', name), `${value}\n`, { mode: 0o644 });
  }

  /** Takes development's tools out of package.json and its lock file: each build would take long to install them. */
  dropTools(): void {
    execFileSync('npm', ['pkg', 'delete', 'devDependencies'], { cwd: this.dir, stdio: 'ignore' });
    this.install();
  }

  /** Installs packages as far as package.json and its lock file go. */
  install(...args: string[]): void {
    const quiet = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...quiet, ...args], { cwd: this.dir, stdio: 'ignore' });
  }

  /** Runs Compose in it. The Compose files are named in args; without, it is what plain `docker compose` takes. */
  async compose(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; stderr: string }> {
    return exec('docker', ['compose', '--project-name', this.name, ...args], {
      cwd: this.dir,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
  }

  /** Starts Compose in it, as one that stays. */
  start(args: string[], env: NodeJS.ProcessEnv = {}): Running {
    return run('docker', {
      args: ['compose', '--project-name', this.name, ...args],
      cwd: this.dir,
      env: { ...process.env, ...env },
    });
  }

  /** The merged configuration. */
  async config(args: string[], env: NodeJS.ProcessEnv = {}): Promise<ComposeConfig> {
    const { stdout } = await this.compose([...args, 'config', '--format', 'json'], env);
    return JSON.parse(stdout) as ComposeConfig;
  }

  /** The id of its container, running or not. */
  async container(): Promise<string> {
    return (await this.compose(['ps', '--all', '--quiet', 'identidock'])).stdout.trimEnd();
  }

  /** Removes it, with its containers, volumes and the images that it built; the build cache stays for the next time. */
  async remove(): Promise<void> {
    const own = ['--quiet', '--filter', `label=com.docker.compose.project=${this.name}`];
    const remove = async (list: string[], ...command: string[]) => {
      const all = await docker(...list, ...own);
      if (all !== '') await docker(...command, ...all.split('\n'));
    };
    await remove(['ps', '--all'], 'rm', '--force', '--volumes');
    await remove(['network', 'ls'], 'network', 'rm');
    await remove(['volume', 'ls'], 'volume', 'rm');
    // By name: another checkout may have built the same.
    const name = ['--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=${this.image}*`];
    const images = await docker('image', 'ls', ...name);
    if (images !== '') await docker('image', 'rm', '--force', ...images.split('\n'));
    rmSync(this.dir, { recursive: true });
  }
}

/** What the image is built on. */
export const baseImage =
  process.env.NODE_IMAGE ?? /^ARG BASE=\$\{NODE_IMAGE:-"(.*)"\}$/m.exec(read('Dockerfile'))?.[1] ?? '';

export const production = ['-f', 'docker-compose.prod.yml'];

/** The image of PostgreSQL: the one that POSTGRES_IMAGE names, or else one made of Debian's packages. */
export async function postgresImage(): Promise<string> {
  if (process.env.POSTGRES_IMAGE) return process.env.POSTGRES_IMAGE;
  return packaged('postgres');
}

/** The image of Caddy: the one that CADDY_IMAGE names, or else one made of Debian's packages. */
export async function caddyImage(): Promise<string> {
  if (process.env.CADDY_IMAGE) return process.env.CADDY_IMAGE;
  return packaged('caddy');
}

/** Builds an image of Debian's packages, of a folder beside the tests. */
async function packaged(name: string): Promise<string> {
  const image = `identidock-${name}`;
  const base = ['--build-arg', `BASE=${baseImage}`];
  await docker('build', '--quiet', '--tag', image, ...base, join(__dirname, '../image', name));
  return image;
}

export interface ComposeConfig {
  services: Record<string, ComposeService>;
  volumes?: Record<string, unknown>;
  secrets?: Record<string, { file: string }>;
}

export interface ComposeService {
  /** null: passed on where it is set. */
  environment: Record<string, string | null>;
  ports?: { target: number; published: string; host_ip: string }[];
  volumes?: { type: string; source: string; target: string; read_only: boolean }[];
  depends_on?: Record<string, { condition: string }>;
  build: { args: Record<string, string> };
  stop_grace_period: string;
}
