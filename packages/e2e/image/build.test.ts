// Building the image: what is built again after a change, what reaches the build, and what it is published as.
import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { baseImage, Checkout, describeImage, docker, production } from '../harness/docker';

const exec = promisify(execFile);
const env = { ...process.env, NODE_IMAGE: baseImage };

describeImage('building the image', () => {
  let checkout: Checkout;

  beforeEach(() => {
    checkout = new Checkout();
  });
  afterEach(() => checkout.remove());

  const fromBase = ['--build-arg', `NODE_IMAGE=${baseImage}`];
  const layers = () => docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', checkout.image);
  const install = (...args: string[]) => {
    const quiet = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...quiet, ...args], { cwd: checkout.dir, stdio: 'ignore' });
  };

  /** Builds, and returns the steps that were not taken from the cache, without their numbers. */
  async function build(...args: string[]): Promise<string[]> {
    const all = ['build', '--progress', 'plain', ...fromBase, '-t', checkout.image, ...args, checkout.dir];
    const { stderr } = await exec('docker', all, { maxBuffer: 64 * 1024 * 1024 });
    const cached = new Set([...stderr.matchAll(/^#(\d+) CACHED$/gm)].map(([, id]) => id));
    const steps = [...stderr.matchAll(/^#(\d+) \[([\w-]+) +\d+\/\d+\] (?!FROM)(.*)$/gm)];
    const run = steps.filter(([, id]) => !cached.has(id)).map(([, , stage = '', step = '']) => `${stage}: ${step}`);
    return [...new Set(run)].sort();
  }

  test('an edit is compiled, and copied; nothing is installed again', async () => {
    await build();
    const before = await layers();
    appendFileSync(join(checkout.dir, 'app/identidock.ts'), `export const edited = '${checkout.image}';\n`);
    expect(await build()).toEqual([
      'build: COPY app ./app',
      expect.stringMatching(/^build: RUN node --run build/),
      'service: COPY --chmod=755 app ./app',
      'service: COPY --from=build /srv/dist ./dist',
    ]);
    expect(await layers()).not.toBe(before);
  });

  test('a tool that only work on the project takes changes no layer; a dependency does', async () => {
    await build();
    const before = await layers();
    install('--save-dev', 'left-pad@1.3.0');
    expect((await build()).filter((step) => step.startsWith('service'))).toEqual([]);
    expect(await layers()).toBe(before);
    install('--save-prod', 'left-pad@1.3.0');
    await build();
    expect(await layers()).not.toBe(before);
  });

  test('what reaches the build is what it copies, and no secret', async () => {
    for (const dir of ['.git', 'node_modules', 'dist']) mkdirSync(join(checkout.dir, dir));
    for (const path of ['.env', 'key.pem', '.git/config', 'node_modules/x', 'dist/x', 'compose.override.yml']) {
      writeFileSync(join(checkout.dir, path), 'secret');
    }
    const dockerfile = join(checkout.dir, 'all.Dockerfile');
    writeFileSync(dockerfile, 'FROM scratch\nCOPY . /\n');
    const out = join(checkout.dir, 'out');
    await docker('build', '--file', dockerfile, '--output', out, checkout.dir);
    const ofBuild = ['.npmrc', 'app', 'cmd.sh', 'nodemon.json', 'package-lock.json', 'package.json', 'tsconfig.json'];
    const documents = ['.env.example', 'Dockerfile', 'README.md', 'docker-compose.prod.yml', 'docker-compose.yml'];
    const ofTest = ['test', 'bench', 'doctor', 'jest.config.js', ...documents];
    expect(readdirSync(out).sort()).toEqual([...ofBuild, ...ofTest].sort());
  });

  test('for another platform, nothing is run on it; a dependency that is for one alone is refused', async () => {
    const other = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
    const dependencies = ['--target', 'dependencies', '--platform', other];
    await build(...dependencies);
    // A program, for the platform of this machine alone.
    install(`@esbuild/linux-${process.arch}@0.28.2`);
    await expect(build(...dependencies)).rejects.toMatchObject({
      stderr: expect.stringMatching(/Build for \w+ on a machine of that kind:[^]*bin\/esbuild/) as string,
    });
    await build('--target', 'dependencies');
  });

  test('NPM_REGISTRY is where Compose has the packages installed from', async () => {
    // Nobody listens there, and npm does not ask again.
    const NPM_REGISTRY = 'http://127.0.0.1:9/';
    appendFileSync(join(checkout.dir, '.npmrc'), '\nfetch-retries=0\n');
    const failed = checkout.compose([...production, 'build'], { NPM_REGISTRY });
    await expect(failed).rejects.toMatchObject({ stdout: expect.stringContaining(NPM_REGISTRY) as string });
  });

  test('an image that was saved and loaded is started without a build', async () => {
    await checkout.compose([...production, 'build']);
    const file = join(checkout.dir, 'image.tar');
    await docker('save', '--output', file, checkout.image);
    await docker('image', 'rm', checkout.image);
    await docker('load', '--input', file);
    const [port, statsPort] = (await freePorts(2)) as [number, number];
    const ports = { PUBLISH_ADDRESS: '127.0.0.1', PUBLISH_PORT: String(port), PUBLISH_STATS_PORT: String(statsPort) };
    const offline = { ...ports, NODE_IMAGE: 'nowhere.invalid/node', NPM_REGISTRY: 'http://nowhere.invalid' };
    await checkout.compose([...production, 'up', '--no-build', '--detach', '--wait'], offline);
    expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
  });

  test('the README’s line removes what rebuilds have left, and nothing else', async () => {
    const own = `${checkout.image}-own`;
    const line = /^\$ docker (image prune .*)$/m.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
    // Under a name of its own, or it would also remove what is left of the project that this is.
    expect(line).toContain('title=identidock');
    const prune = line.replace('title=identidock', `title=${own}`).split(' ');
    const dockerfile = join(checkout.dir, 'Dockerfile');
    writeFileSync(dockerfile, readFileSync(dockerfile, 'utf8').replaceAll('title=identidock', `title=${own}`));

    const idOf = (name: string) => docker('image', 'inspect', '--format', '{{.Id}}', name);
    const rebuilt = async (...args: string[]) => {
      await checkout.compose(args);
      appendFileSync(join(checkout.dir, 'app/identidock.ts'), `export const left${String(Date.now())} = 1;\n`);
    };
    await rebuilt(...production, 'build');
    const left = await idOf(checkout.image);
    await rebuilt('--profile', 'test', 'build', 'test');
    const leftOfTest = await idOf(`${checkout.image}-toolchain`);
    await checkout.compose([...production, 'build']);
    await checkout.compose(['--profile', 'test', 'build', 'test']);
    const stranger = join(checkout.dir, 'stranger.Dockerfile');
    writeFileSync(stranger, `FROM ${baseImage}\nLABEL org.opencontainers.image.title=stranger-${own}\n`);
    const strangers = await docker('build', '--quiet', '--file', stranger, checkout.dir);

    await docker(...prune);
    const all = (await docker('images', '--all', '--no-trunc', '--quiet')).split('\n');
    expect(all).not.toEqual(expect.arrayContaining([left]));
    expect(all).not.toEqual(expect.arrayContaining([leftOfTest]));
    const kept = [strangers, await idOf(checkout.image), await idOf(`${checkout.image}-toolchain`)];
    expect(all).toEqual(expect.arrayContaining(kept));
    await docker('image', 'rm', strangers);
  });

  describe('a release', () => {
    const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
    const git = (...args: string[]) => {
      const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
      return execFileSync('git', [...who, ...args], { cwd: checkout.dir, encoding: 'utf8' }).trimEnd();
    };
    const release = (args: string[], more: NodeJS.ProcessEnv = {}) =>
      exec('deploy/release', args, { cwd: checkout.dir, env: { ...env, IMAGE: checkout.image, ...more } });

    beforeEach(() => {
      git('init', '--quiet');
      git('add', '.');
      git('commit', '--quiet', '--message', 'Begin');
    });

    test('is labelled with where it comes from', async () => {
      git('remote', 'add', 'origin', 'https://git.example.org/team/service.git');
      await release(['image']);
      const tag = `${checkout.image}:${version}`;
      const labels = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config.Labels}}', tag)) as Record<
        string,
        string
      >;
      await docker('image', 'rm', tag);
      const { license } = JSON.parse(readFileSync('package.json', 'utf8')) as { license: string };
      expect(labels).toEqual({
        'org.opencontainers.image.title': 'identidock',
        'org.opencontainers.image.source': 'https://git.example.org/team/service',
        'org.opencontainers.image.revision': git('rev-parse', 'HEAD'),
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': license,
        'org.opencontainers.image.created': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      });
    });

    test('is for both platforms, and attested', async () => {
      git('remote', 'add', 'origin', 'https://git.example.org/team/service');
      const { target } = JSON.parse((await release(['--print'])).stdout) as { target: { release: object } };
      expect(target.release).toMatchObject({
        platforms: ['linux/amd64', 'linux/arm64'],
        attest: [{ type: 'provenance', mode: 'max' }, { type: 'sbom' }],
        tags: [`${checkout.image}:${version}`, `${checkout.image}:latest`],
      });
    });

    test.each([
      ['https://user:secret@git.example.org/team/service.git', 'https://git.example.org/team/service'],
      ['git@git.example.org:team/service.git', 'https://git.example.org/team/service'],
    ])('of %s says that its source is %s', async (remote, source) => {
      git('remote', 'add', 'origin', remote);
      expect((await release(['--print'])).stdout).toContain(`"org.opencontainers.image.source": "${source}"`);
    });

    test('that has changes which are not committed says so', async () => {
      git('remote', 'add', 'origin', 'https://git.example.org/team/service');
      writeFileSync(join(checkout.dir, 'app/new.ts'), '');
      expect((await release(['--print'])).stdout).toContain(`${git('rev-parse', 'HEAD')}-dirty`);
    });

    test.each([
      undefined,
      'ssh://git@git.example.org:2222/team/service.git',
      '../service',
      'HTTPS://me:secret@git.example.org/x',
    ])('of %s asks for SOURCE', async (remote) => {
      if (remote !== undefined) git('remote', 'add', 'origin', remote);
      const failed = await release(['--print']).catch((error: unknown) => error as { code: number; stderr: string });
      expect(failed).toMatchObject({ code: 78, stderr: expect.stringContaining('SOURCE') as string });
      expect(failed.stderr).not.toContain('secret@');
    });

    test('that is not one yet does not become the latest', async () => {
      git('remote', 'add', 'origin', 'https://git.example.org/team/service');
      execFileSync('npm', ['pkg', 'set', 'version=9.0.0-rc.1'], { cwd: checkout.dir });
      const { target } = JSON.parse((await release(['--print'])).stdout) as { target: { release: { tags: string[] } } };
      expect(target.release.tags).toEqual([`${checkout.image}:9.0.0-rc.1`]);
    });

    test('does not publish a secret of the registry', async () => {
      git('remote', 'add', 'origin', 'https://git.example.org/team/service');
      const failed = release(['--print'], { NPM_REGISTRY: 'https://me:secret@npm.example.org/' });
      await expect(failed).rejects.toMatchObject({
        code: 78,
        stderr: expect.stringContaining('NPM_REGISTRY') as string,
      });
    });
  });
});
