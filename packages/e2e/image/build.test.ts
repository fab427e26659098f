// Building the image: what is built again after a change, and what reaches the build.
import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { baseImage, Checkout, describeImage, docker, production } from '../harness/docker';
import { read } from '../harness/template';

const exec = promisify(execFile);

describeImage('building the image', () => {
  let checkout: Checkout;

  beforeEach(() => {
    checkout = new Checkout();
  });
  afterEach(() => checkout.remove());

  const fromBase = ['--build-arg', `NODE_IMAGE=${baseImage}`];
  const layers = () => docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', checkout.image);
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
    checkout.dropTools();
    await build();
    const before = await layers();
    checkout.install('--save-dev', 'left-pad@1.3.0');
    expect((await build()).filter((step) => step.startsWith('service'))).toEqual([]);
    expect(await layers()).toBe(before);
    checkout.install('--save-prod', 'left-pad@1.3.0');
    await build();
    expect(await layers()).not.toBe(before);
  }, 300_000);

  test('an edit of a workspace’s tests has nothing installed again', async () => {
    await build();
    appendFileSync(join(checkout.dir, 'packages/quayside/test/unit/config.test.ts'), `// ${checkout.image}\n`);
    expect(await build()).toEqual([
      expect.stringMatching(/^manifest: RUN npm pkg delete/),
      'project: COPY --chmod=755 packages* ./packages/',
      expect.stringMatching(/^project: RUN rm/),
    ]);
  });

  test('what reaches the build is what it copies, and no secret', async () => {
    const others = ['.git/config', 'node_modules/x', 'dist/x', '.env', 'key.pem', 'compose.override.yml'];
    for (const path of [...others, ...others.map((path) => `packages/quayside/${path}`)]) {
      mkdirSync(join(checkout.dir, dirname(path)), { recursive: true });
      writeFileSync(join(checkout.dir, path), 'secret');
    }
    const dockerfile = join(checkout.dir, 'all.Dockerfile');
    writeFileSync(dockerfile, 'FROM scratch\nCOPY . /\n');
    const out = join(checkout.dir, 'out');
    await docker('build', '--file', dockerfile, '--output', out, checkout.dir);
    const ofBuild = ['.npmrc', 'app', 'cmd.sh', 'package-lock.json', 'package.json', 'packages', 'tsconfig.json'];
    expect(readdirSync(out).sort()).toEqual([...ofBuild, 'test'].sort());
    expect(readdirSync(join(out, 'packages'))).toEqual(['quayside']);
    const ofPackage = ['LICENSE', 'bin', 'package.json', 'src', 'tsconfig.build.json', 'tsconfig.json'];
    expect(readdirSync(join(out, 'packages/quayside')).sort()).toEqual(
      [...ofPackage, 'bench', 'harness', 'test'].sort(),
    );
  });

  test('for another platform, nothing is run on it; a dependency that is for one alone is refused', async () => {
    const other = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
    const dependencies = ['--target', 'dependencies', '--platform', other];
    await build(...dependencies);
    // A program, for the platform of this machine alone.
    checkout.install(`@esbuild/linux-${process.arch}@0.28.2`);
    await expect(build(...dependencies)).rejects.toMatchObject({
      stderr: expect.stringMatching(/Build for \w+ on a machine of that platform:[^]*bin\/esbuild/) as string,
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

  test('the document’s line removes what rebuilds have left, and nothing else', async () => {
    const own = `${checkout.image}-own`;
    const line = /^\$ docker (image prune .*)$/m.exec(read('docs/image.md'))?.[1] ?? '';
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
    const leftOfTest = await idOf(`${checkout.image}-test`);
    await checkout.compose([...production, 'build']);
    await checkout.compose(['--profile', 'test', 'build', 'test']);
    const stranger = join(checkout.dir, 'stranger.Dockerfile');
    writeFileSync(stranger, `FROM ${baseImage}\nLABEL org.opencontainers.image.title=stranger-${own}\n`);
    const strangers = await docker('build', '--quiet', '--file', stranger, checkout.dir);

    await docker(...prune);
    const all = (await docker('images', '--all', '--no-trunc', '--quiet')).split('\n');
    expect(all).not.toEqual(expect.arrayContaining([left]));
    expect(all).not.toEqual(expect.arrayContaining([leftOfTest]));
    const kept = [strangers, await idOf(checkout.image), await idOf(`${checkout.image}-test`)];
    expect(all).toEqual(expect.arrayContaining(kept));
    await docker('image', 'rm', strangers);
  });
});
