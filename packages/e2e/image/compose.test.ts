import { copyFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { loadConfig } from '../../quayside/src/settings/config';
import { Checkout, describeImage, docker, production, type ComposeService } from '../harness/docker';
import { read } from '../harness/template';

describeImage('docker compose', () => {
  let checkout: Checkout;

  beforeEach(() => {
    checkout = new Checkout();
  });
  afterEach(async () => {
    await checkout.remove();
  });

  const inspect = async (format: string) => docker('inspect', '--format', format, await checkout.container());

  describe('configuration', () => {
    const identidock = async (args: string[], env?: NodeJS.ProcessEnv): Promise<ComposeService> => {
      const service = (await checkout.config(args, env)).services.identidock;
      if (service === undefined) throw new Error('no service identidock');
      return service;
    };
    /** The settings that the server in it comes to. */
    const settled = ({ environment }: ComposeService) => {
      const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== null);
      return loadConfig(Object.fromEntries(set), environment.ENV === 'DEV' ? 'development' : 'production');
    };
    const portsOf = ({ ports = [] }: ComposeService) =>
      ports.map(({ host_ip, published, target }) => `${host_ip}:${published}:${String(target)}`);

    test("production's ports, and nothing of development", async () => {
      const service = await identidock(production);
      expect(portsOf(service)).toEqual(['0.0.0.0:9090:9090', '127.0.0.1:9191:9191']);
      expect(service.environment.ENV).toBe('PROD');
      expect(service.volumes).toBeUndefined();
      expect(JSON.stringify(await checkout.config(production))).not.toMatch(/5000|9229|DEV/);
    });

    test("development's port and mount, and nothing of production's ports", async () => {
      const service = await identidock([]);
      expect(portsOf(service)).toEqual(['127.0.0.1:5000:5000', '127.0.0.1:9229:9229']);
      expect(service.environment.ENV).toBe('DEV');
      expect(service.volumes).toMatchObject([
        { type: 'bind', source: join(checkout.dir, 'app'), target: '/srv/app', read_only: true },
      ]);
      expect(JSON.stringify(await checkout.config([]))).not.toMatch(/9090|9191/);
    });

    test('development prints the address with the published port, or another, and is in colour unless it is told not to', async () => {
      const environment = async (env?: NodeJS.ProcessEnv) => (await identidock([], env)).environment;
      expect(await environment()).toMatchObject({
        PUBLIC_URL: 'http://localhost:5000',
        FORCE_COLOR: '1',
        NO_COLOR: null,
      });
      expect(await environment({ PUBLISH_DEV_PORT: '8080', FORCE_COLOR: '0', NO_COLOR: '1' })).toMatchObject({
        PUBLIC_URL: 'http://localhost:8080',
        FORCE_COLOR: '0',
        NO_COLOR: '1',
      });
      expect(await environment({ PUBLIC_URL: 'https://orders.example' })).toMatchObject({
        PUBLIC_URL: 'https://orders.example',
      });
    });

    test('production says where it and its stats are published, and behind the proxy where that is', async () => {
      const environment = async (args: string[], env?: NodeJS.ProcessEnv) => (await identidock(args, env)).environment;
      expect(await environment([...production])).toMatchObject({
        PUBLIC_URL: 'http://localhost:9090',
        PUBLIC_STATS_URL: 'http://localhost:9191',
      });
      const env = { PUBLISH_PORT: '8080', PUBLISH_STATS_PORT: '8081', PUBLISH_HTTP_PORT: '8082' };
      expect(await environment([...production], env)).toMatchObject({
        PUBLIC_URL: 'http://localhost:8080',
        PUBLIC_STATS_URL: 'http://localhost:8081',
      });
      expect(await environment([...production, '-f', 'docker-compose.proxy.yml'], env)).toMatchObject({
        PUBLIC_URL: 'http://localhost:8082',
        PUBLIC_STATS_URL: 'none',
      });
    });

    test('each is hardened, and only production starts again by itself', async () => {
      for (const [args, restart] of [
        [production, 'unless-stopped'],
        [[], 'no'],
      ] as const) {
        expect(await identidock([...args])).toMatchObject({
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          init: true,
          tmpfs: ['/tmp:noexec,nosuid,nodev,size=64m,mode=1777'],
          deploy: { resources: { limits: { memory: '2147483648', pids: 1024 } } },
          restart,
        });
      }
    });

    test('Docker waits for longer than the server takes to stop', async () => {
      const service = await identidock(production);
      const { GRACE, DRAIN_DELAY } = settled(service);
      expect(Number(/^(\d+)s$/.exec(service.stop_grace_period)?.[1])).toBeGreaterThan(GRACE + DRAIN_DELAY);
    });

    test('an unchanged copy of .env.example as .env changes nothing', async () => {
      // Where only another base image or registry can be had, that must not hide what the copy changes.
      const env = { IMAGE: undefined, NODE_IMAGE: undefined, NPM_REGISTRY: undefined };
      // A setting that is passed on with its default is no change; it is one to any other value.
      const effect = async (args: string[]) => {
        const config = await checkout.config(args, env);
        const service = await identidock(args, env);
        const { ENV } = service.environment;
        return {
          ...config,
          services: { ...config.services, identidock: { ...service, environment: ENV } },
          settings: settled(service),
        };
      };
      const before = [await effect([]), await effect(production)];
      copyFileSync(join(checkout.dir, '.env.example'), join(checkout.dir, '.env'));
      expect([await effect([]), await effect(production)]).toEqual(before);
      expect((await identidock(production, env)).environment).toMatchObject({ GRACE: '8', LOG_LEVEL: 'info' });
    });

    test('each line of .env.example changes something', async () => {
      const names = read('.env.example').match(/^\w+(?==)/gm) ?? [];
      expect(names.length).toBeGreaterThan(0);
      // For each a value that nothing else has.
      const valueOf = (name: string, index: number) => {
        if (name.endsWith('ADDRESS')) return `127.0.77.${String(index)}`;
        return name === 'STOP_GRACE_PERIOD' ? '59s' : String(61_000 + index);
      };
      const env = Object.fromEntries(names.map((name, index) => [name, valueOf(name, index)]));
      const files = [[], production, [...production, '-f', 'docker-compose.proxy.yml']];
      const named = await Promise.all(files.map((args) => checkout.config(args, env)));
      // Where IMAGE names an image, the build's own variables have no use.
      const text = JSON.stringify([...named, await checkout.config(production, { ...env, IMAGE: '' })]);
      expect(names.filter((name) => !text.includes(env[name] ?? ''))).toEqual([]);
    });
  });

  test('production: up --wait returns when the service answers; stop ends it with exit code 0', async () => {
    const [port, statsPort] = (await freePorts(2)) as [number, number];
    const env = {
      PUBLISH_ADDRESS: '127.0.0.1',
      PUBLISH_PORT: String(port),
      PUBLISH_STATS_PORT: String(statsPort),
      WORKERS: '3',
    };
    await checkout.compose([...production, 'up', '--detach', '--wait'], env);
    expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    const stats = await fetch(statsPort);
    expect(stats).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect((JSON.parse(stats.body) as { workers: unknown[] }).workers).toHaveLength(3);
    const toSilence = await text(connect(statsPort, '127.0.0.1'));
    expect((JSON.parse(toSilence) as { workers: unknown[] }).workers).toHaveLength(3);
    expect((await fetch(statsPort, '/metrics')).body).toMatch(/^service_build_info\{name="identidock",version="\d/m);
    const page = await fetch(statsPort, '/', { headers: { Accept: 'text/html' } });
    for (const [, path] of page.body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
      expect([path, (await fetch(statsPort, path)).headers['content-type']]).toEqual([
        path,
        expect.stringMatching(/^text/),
      ]);
    }
    await checkout.compose([...production, 'stop']);
    expect(await inspect('{{.State.ExitCode}}')).toBe('0');
  });

  test.each([
    ['', /\x1b\[90m[\d:]{8}\x1b\[39m open \x1b\[36m(.*)\x1b\[39m$/],
    ['1', /^[^\x1b]*[\d:]{8} open (.*)$/],
  ])('development, NO_COLOR=%j: the log has the address that answers, and colours or none', async (NO_COLOR, open) => {
    const [port, inspectPort] = (await freePorts(2)) as [number, number];
    const env = { PUBLISH_DEV_PORT: String(port), PUBLISH_INSPECT_PORT: String(inspectPort), NO_COLOR };
    const server = checkout.start(['up', '--no-log-prefix'], env);
    const [, url] = await server.line(open);
    expect(url).toBe(`http://localhost:${String(port)}`);
    expect(await eventually(() => fetch(port))).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
    await checkout.compose(['stop'], env);
    await server.closed;
  });

  test('type errors: production is not built with them, development is', async () => {
    writeFileSync(join(checkout.dir, 'app/wrong.ts'), "export const one: number = 'one';\n");
    const failed = checkout.compose([...production, 'build']);
    await expect(failed).rejects.toMatchObject({
      stdout: expect.stringMatching(/app\/wrong\.ts.*error TS2322/) as string,
    });
    await checkout.compose(['build', 'identidock']);
  });

  test('run --rm test runs the tests of the service and of quayside in the image’s toolchain', async () => {
    await checkout.compose(['--profile', 'test', 'build', 'test']);
    const format = ['--format', '{{json .Config.Cmd}}', `${checkout.image}-test`];
    const command = JSON.parse(await docker('image', 'inspect', ...format)) as string[];
    // What it runs by itself, but of quayside's tests one of functions and one of processes alone: the host runs them all.
    const some = ['--testPathPatterns', '^/srv/test/|unit/config|process/production'];
    // jest reports on stderr.
    const { stderr: output } = await checkout.compose(['run', '--rm', 'test', ...command, ...some]);
    expect(output).toMatch(/PASS app .*test\/identidock.test.ts/);
    expect(output).toMatch(/PASS quayside .*test\/unit\/.*\n/);
    expect(output).toMatch(/PASS quayside .*test\/process\/.*\n/);
    expect(output).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
  }, 300_000);
});
