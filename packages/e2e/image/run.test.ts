import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch, type Answer } from '../../quayside/harness/fetch';
import { Checkout, describeImage, docker, logged, production } from '../harness/docker';

describeImage('plain docker', () => {
  const image = `identidock-test-${String(process.pid)}`;
  const containers: string[] = [];
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = new Checkout();
    const { args } = (await checkout.config(production)).services.identidock?.build ?? {};
    const buildArgs = Object.entries(args ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    await docker('build', ...buildArgs, '-t', image, checkout.dir);
  });

  afterAll(async () => {
    await docker('image', 'rm', image);
    await checkout.remove();
  });

  afterEach(async () => {
    if (containers.length > 0) await docker('rm', '--force', ...containers.splice(0));
  });

  /** docker run -d */
  async function start(...args: string[]): Promise<string> {
    const id = await docker('run', '-d', ...args);
    containers.push(id);
    return id;
  }

  /** The host's port for one of the container's. */
  async function portOf(id: string, port: number): Promise<number> {
    return Number((await docker('port', id, String(port))).split('\n')[0]?.split(':').pop());
  }

  const served = (id: string, port: number, path = '/'): Promise<Answer> =>
    eventually(async () => fetch(await portOf(id, port), path));

  const exitCode = (id: string) => docker('inspect', '--format', '{{.State.ExitCode}}', id);

  test('docker build makes the same image as Compose', async () => {
    await checkout.compose([...production, 'build']);
    const layers = (name: string) => docker('image', 'inspect', '--format', '{{.RootFS.Layers}} {{.Config.Cmd}}', name);
    expect(await layers(checkout.image)).toBe(await layers(image));
  });

  test('docker run -p 9090 -p 9191: the service, and the stats of primary and workers', async () => {
    const id = await start('-p', '127.0.0.1::9090', '-p', '127.0.0.1::9191', '-e', 'WORKERS=2', image);
    expect(await served(id, 9090)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    const stats = JSON.parse((await served(id, 9191)).body) as { pid: number; workers: unknown[] };
    // PID 1: cmd.sh has replaced itself.
    expect(stats.pid).toBe(1);
    expect(stats.workers).toHaveLength(2);
    expect(await docker('logs', id)).toMatch(/^Running Production Server$/m);
  });

  test('docker run -e ENV=DEV -p 5000: the development server, without a mount', async () => {
    const id = await start('-e', 'ENV=DEV', '-p', '127.0.0.1::5000', image);
    expect(await served(id, 5000)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    expect(await docker('logs', id)).toMatch(/^Running Development Server$/m);
  });

  test('docker run -P publishes 9090 and 9191 and no other', async () => {
    const id = await start('-P', image);
    const ports = (await docker('port', id)).split('\n').map((line) => line.split(' ')[0]);
    expect([...new Set(ports)].sort()).toEqual(['9090/tcp', '9191/tcp']);
    expect(await served(id, 9090)).toMatchObject({ status: 200 });
  });

  test('docker run image sh runs, and not as root', async () => {
    expect(await docker('run', '--rm', image, 'sh', '-c', 'id -u')).toMatch(/^[1-9]\d*$/);
  });

  test('an ENV that is neither is exit code 78, and says so', async () => {
    const failed = docker('run', '--rm', '-e', 'ENV=prod', image);
    await expect(failed).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining('ENV="prod"') as string });
  });

  test.each([
    ['PROD', 9090, '0'],
    ['DEV', 5000, '0'],
  ])('%s ends when it is told to, not when it is killed', async (ENV, port, code) => {
    const id = await start('-e', `ENV=${ENV}`, '-p', `127.0.0.1::${String(port)}`, image);
    await served(id, port);
    await docker('stop', id);
    expect(await exitCode(id)).toBe(code);
  });

  test('DEV ends when it is told to while it is still being loaded', async () => {
    const gated = "console.log('loading'); for (;;);";
    const file = join(checkout.dir, 'gated.js');
    writeFileSync(file, gated);
    const id = await start('-e', 'ENV=DEV', '-e', 'TS_NODE_COMPILER=/gated.js', '-v', `${file}:/gated.js:ro`, image);
    await logged(id, /loading/);
    await docker('kill', '--signal', 'SIGTERM', id);
    await docker('wait', id);
    expect(await exitCode(id)).toBe('0');
  });

  describe.each([
    ['PROD', 9090],
    ['DEV', 5000],
  ])('%s runs and is healthy', (ENV, port) => {
    test.each([
      ['as any user', ['--user', '12345']],
      ['on a read-only root', ['--read-only', '--tmpfs', '/tmp']],
      ['without capabilities', ['--cap-drop', 'ALL']],
      ['without npm', ['--tmpfs', '/usr/local/lib/node_modules']],
      ['all at once', ['--user', '12345:54321', '--read-only', '--cap-drop', 'ALL', '--tmpfs', '/tmp']],
    ])('%s', async (_, args) => {
      const id = await start('-e', `ENV=${ENV}`, '-p', `127.0.0.1::${String(port)}`, ...args, image);
      expect(await served(id, port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
      await eventually(async () => (await health(id)) === 'healthy' || undefined);
    });
  });

  const health = (id: string) => docker('inspect', '--format', '{{.State.Health.Status}}', id);

  test('a service that does not answer is not healthy', async () => {
    // No service at all: the check runs, fails, and says why.
    const id = await start('--health-start-period', '1ms', '--health-interval', '500ms', image, 'sleep', '60');
    await eventually(async () => (await health(id)) === 'unhealthy' || undefined);
    expect(await docker('inspect', '--format', '{{json .State.Health.Log}}', id)).toContain('ECONNREFUSED');
  });
});
