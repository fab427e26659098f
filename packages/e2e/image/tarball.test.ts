// The image of a project that has quayside as a package in vendor/, and no packages/: the same Dockerfile builds it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { quayside } from '../../quayside/harness/paths';
import { Checkout, describeImage, docker, production } from '../harness/docker';

describeImage('a project with quayside in vendor/', () => {
  let checkout: Checkout;
  let id = '';

  beforeAll(async () => {
    checkout = new Checkout();
    const npm = (...args: string[]) => execFileSync('npm', args, { cwd: checkout.dir, stdio: 'ignore' });
    mkdirSync(join(checkout.dir, 'vendor'));
    npm('pack', '--ignore-scripts', '--pack-destination', 'vendor', quayside);
    rmSync(join(checkout.dir, 'packages'), { recursive: true });
    const [tarball = ''] = readdirSync(join(checkout.dir, 'vendor'));
    npm('pkg', 'delete', 'workspaces');
    npm('pkg', 'set', `dependencies.quayside=file:vendor/${tarball}`);
    checkout.dropTools();
    await checkout.compose([...production, 'build']);
    id = await docker('run', '-d', '-p', '127.0.0.1::9090', checkout.image);
  }, 300_000);
  afterAll(async () => {
    await docker('rm', '--force', id);
    await checkout.remove();
  });

  test('is served, and healthy', async () => {
    const port = Number((await docker('port', id, '9090')).split(':').pop());
    expect(await eventually(() => fetch(port))).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', id);
    await eventually(async () => (await health()) === 'healthy' || undefined);
  });

  test('has quayside among its packages, and neither the tarball nor a workspace', async () => {
    const ls = await docker('exec', id, 'ls', '/srv');
    const files = ['app', 'cmd.sh', 'data', 'dist', 'node_modules', 'package.json', 'sbom.cdx.json', 'tsconfig.json'];
    expect(ls.split('\n').sort()).toEqual(files);
    expect(await docker('exec', id, 'cat', 'sbom.cdx.json')).toContain('"pkg:npm/quayside@');
    await docker('exec', id, 'test', '-d', 'node_modules/quayside', '-a', '!', '-L', 'node_modules/quayside');
  });
});
