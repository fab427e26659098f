// The image as it is published: its labels, its tags, its platforms, and that no secret is published with it.
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { baseImage, Checkout, describeImage, docker } from '../harness/docker';
import { read } from '../harness/template';

const exec = promisify(execFile);
const env = { ...process.env, NODE_IMAGE: baseImage };

describeImage('a release', () => {
  let checkout: Checkout;

  const version = (JSON.parse(read('package.json')) as { version: string }).version;
  const git = (...args: string[]) => {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    return execFileSync('git', [...who, ...args], { cwd: checkout.dir, encoding: 'utf8' }).trimEnd();
  };
  const release = (args: string[], more: NodeJS.ProcessEnv = {}) =>
    exec('deploy/release', args, { cwd: checkout.dir, env: { ...env, IMAGE: checkout.image, ...more } });

  beforeEach(() => {
    checkout = new Checkout();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'Begin');
  });
  afterEach(() => checkout.remove());

  test('is labelled with where it comes from', async () => {
    git('remote', 'add', 'origin', 'https://git.example.org/team/service.git');
    await release(['image']);
    const tag = `${checkout.image}:${version}`;
    const labels = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config.Labels}}', tag)) as Record<
      string,
      string
    >;
    await docker('image', 'rm', tag);
    const { license } = JSON.parse(read('package.json')) as { license: string };
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
