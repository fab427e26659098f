// Deploys on one machine, and the proxy before them: deploy/rollout, docker-compose.proxy.yml, deploy/Caddyfile.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { get as getByTls } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fetch } from '../../quayside/harness/fetch';
import { eventually } from '../../quayside/harness/eventually';
import { freePorts } from '../../quayside/harness/ports';
import { MachineTrial } from '../deploy/machine-trial';
import { describeImage, docker, production } from '../harness/docker';

describeImage('a deploy on one machine', () => {
  const trial = new MachineTrial();
  const { checkout } = trial;

  beforeAll(async () => {
    const { code, output } = await trial.start(['second', 'crashes', 'never gets ready', 'fails its smoke request']);
    if (code !== 0) throw new Error(output);
  }, 300_000);
  afterAll(() => trial.end());

  const deployed = async () => {
    const { output } = await trial.rollout(['--list']);
    return output
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')[0] ?? '');
  };
  const version = async () => (await fetch(trial.port, '/?n=1')).headers['x-version'];
  /** The service's containers, running or not, and one that only tries an image. */
  const containers = async () => {
    const project = `label=com.docker.compose.project=${checkout.name}`;
    const service = 'label=com.docker.compose.service=identidock';
    const ids = await docker('ps', '--all', '--quiet', '--filter', project, '--filter', service);
    return ids.split('\n').filter(Boolean);
  };
  const idOf = (image: string) => docker('image', 'inspect', '--format', '{{.Id}}', image);

  test('loses no request, also where the image is broken, and is undone', async () => {
    const load = trial.startLoad(12);
    const first = await deployed();
    expect(first).toHaveLength(1);

    expect((await trial.deploy('second')).output).toMatch(/trying [^]*starting [^]*stopping [^]* serves\n$/);
    expect(await version()).toBe('2');

    const crashed = await trial.deployBroken('crashes');
    expect(crashed.output).toContain('this version is broken');
    expect(crashed.output).toMatch(/was not deployed: it has exited\. .* still serves\n$/);

    const unready = await trial.deployBroken('never gets ready', 5);
    expect(unready.output).toMatch(
      /Running Production[^]*was not deployed: it was not ready within DEPLOY_TIMEOUT=5 s/,
    );

    const sick = await trial.deployBroken('fails its smoke request', 90);
    expect(sick.output).toMatch(/was not deployed: \/: expected a status below 400, got status 404/);

    expect(await version()).toBe('2');
    // Broken images are not among those to go back to.
    expect(await deployed()).toHaveLength(2);
    await trial.rollBack();
    expect(await version()).toBe('1');
    await trial.rollBack();
    expect(await version()).toBe('2');

    const rows = await load.stop();
    expect(trial.problemsOf(rows)).toEqual([]);
    expect(rows.slice(1).every(({ requests }) => requests > 0)).toBe(true);
    // What was undone has not answered.
    expect(new Set(rows.flatMap(({ versions }) => versions))).toEqual(new Set(['1', '2']));
    expect(await containers()).toHaveLength(1);
    // Two deploys and two rollbacks, each with a tag of its own.
    const all = await deployed();
    expect(all).toHaveLength(4);
    expect(all[3]).toBe(first[0]);
    expect(await idOf(all[1] ?? '')).toBe(await idOf(all[3] ?? ''));
  });

  test.each([
    ['an image is tried', /trying/, 'never gets ready'],
    ['its container is started', /starting/, 'second'],
  ] as const)('one that is told to stop while %s is undone', async (_, line, version) => {
    const before = await containers();
    const images = await deployed();
    const script = trial.begin(['--image', trial.imageOf(version)]);
    await script.line(line);
    await eventually(async () => (await containers()).length === 2 || undefined);
    script.kill('SIGTERM');
    expect((await script.exited).code).toBe(1);
    await script.closed;
    expect(await containers()).toEqual(before);
    expect(await deployed()).toEqual(images);
  });

  test('two at once are refused; after one that was killed, a rollback is the right one, and tidies up', async () => {
    await trial.rollout(['--image', trial.imageOf('second')]);
    const images = await deployed();
    const killed = trial.begin(['--image', trial.imageOf('never gets ready')]);
    await killed.line(/trying/);
    await eventually(async () => (await containers()).length === 2 || undefined);
    expect(await trial.rollout(['--image', trial.imageOf('second')])).toEqual({
      code: 1,
      output: expect.stringMatching(/^deploy\/rollout: another deploy of .* is running, process \d+: wait/) as string,
    });
    killed.kill('SIGKILL');
    await killed.exited;
    expect(await deployed()).toHaveLength(images.length + 1);
    expect(await trial.rollout(['--rollback'])).toEqual({
      code: 0,
      output: expect.stringMatching(/ serves\n$/) as string,
    });
    expect(await version()).toBe('1');
    expect(await containers()).toHaveLength(1);
    expect((await deployed()).slice(1)).toEqual(images);
  });

  test('where the proxy does not pass requests on, a deploy fails, also the first one', async () => {
    const project = `${checkout.name}-first`;
    const [http, https] = (await freePorts(2)) as [number, number];
    const env = {
      COMPOSE_PROJECT_NAME: project,
      PUBLISH_HTTP_PORT: String(http),
      PUBLISH_HTTPS_PORT: String(https),
      DEPLOY_TIMEOUT: '90',
    };
    const caddyfile = 'deploy/Caddyfile';
    checkout.edit(caddyfile, (text) => text.replace('lb_policy', 'lb_polity'));
    try {
      const { code, output } = await trial.rollout(['--image', trial.imageOf('second')], env);
      expect(output).toMatch(/lb_polity[^]*was not deployed: the proxy did not forward a request: /);
      expect(code).toBe(1);
      const left = await docker('ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`);
      // The proxy alone.
      expect(left.split('\n').filter(Boolean)).toHaveLength(1);
    } finally {
      checkout.edit(caddyfile, (text) => text.replace('lb_polity', 'lb_policy'));
      await trial.compose(env, '--project-name', project, 'down', '--volumes', '--timeout', '1');
    }
  });

  test('the development server of the same project is left alone', async () => {
    const project = `${checkout.name}-dev`;
    const [port, inspect] = (await freePorts(2)) as [number, number];
    const up = ['--project-name', project, 'up', '--detach', '--no-build'];
    const ports = { PUBLISH_DEV_PORT: String(port), PUBLISH_INSPECT_PORT: String(inspect) };
    try {
      await checkout.compose(up, { ...ports, IMAGE: trial.imageOf('second') });
      expect(await trial.rollout([], { COMPOSE_PROJECT_NAME: project })).toEqual({
        code: 1,
        output: expect.stringMatching(/^deploy\/rollout: the development server of .* is running: stop it/) as string,
      });
    } finally {
      await checkout.compose(['--project-name', project, 'down', '--timeout', '1']);
    }
  });

  test.each([
    [['--imagine'], {}, /^deploy\/rollout: "--imagine": expected --image NAME/],
    [['--image'], {}, /^deploy\/rollout: --image: expected the name of an image/],
    [['--rollback', 'v1'], {}, /^deploy\/rollout: "v1": unexpected after --rollback/],
    [[], { DEPLOY_TIMEOUT: '5s' }, /^deploy\/rollout: DEPLOY_TIMEOUT="5s": expected a whole number from 1/],
    [[], { KEEP_IMAGES: '1' }, /^deploy\/rollout: KEEP_IMAGES="1": expected a whole number from 2/],
    [[], { SMOKE_PATH: 'health' }, /^deploy\/rollout: SMOKE_PATH="health": expected a path, such as \//],
  ])('%j with %j is refused', async (args, env, why) => {
    const { code, output } = await trial.rollout(args, env);
    expect(code).toBe(64);
    expect(output).toMatch(why);
  });

  test('an image that is named is run as it is, and never built', async () => {
    const image = trial.imageOf('second');
    const id = await idOf(image);
    const before = await containers();
    const run = (name: string) =>
      checkout.compose([...production, 'run', '--rm', '--no-TTY', 'identidock', 'printenv', 'VERSION'], {
        IMAGE: name,
      });
    expect((await run(image)).stdout).toBe('2\n');
    expect(await idOf(image)).toBe(id);
    const missing = `${checkout.image}:missing`;
    await expect(run(missing)).rejects.toThrow();
    await expect(idOf(missing)).rejects.toThrow(/No such image/);
    expect(await trial.rollout(['--image', missing])).toMatchObject({
      code: 1,
      output: expect.stringMatching(/:missing was not found here, and cannot be pulled/) as string,
    });
    expect(await containers()).toEqual(before);
  });

  test('the proxy says who the client is, and gives each request its id', async () => {
    const headers = { 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Proto': 'https', 'X-Request-Id': 'forged' };
    const { body, headers: answer } = await fetch(trial.port, '/client', { headers });
    const client = JSON.parse(body) as Record<string, string>;
    const network = await docker(
      'network',
      'inspect',
      '--format',
      '{{(index .IPAM.Config 0).Gateway}}',
      `${checkout.name}_default`,
    );
    // Docker passes on by it what comes from this machine.
    expect(client).toMatchObject({ ip: network, protocol: 'http' });
    expect(client.id).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(answer['x-request-id']).toBe(client.id);
  });

  test('the proxy passes on another protocol', async () => {
    const request = get({ port: trial.port, headers: { Connection: 'Upgrade', Upgrade: 'echo' }, agent: false });
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
    socket.write('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('hello');
    socket.destroy();
  });

  test('the stats are not reachable from outside', async () => {
    const [id = ''] = await containers();
    expect(await docker('inspect', '--format', '{{json .HostConfig.PortBindings}}', id)).toBe('{}');
    for (const path of ['/metrics', '/stats']) {
      const { status, headers } = await fetch(trial.port, path, { headers: { Host: 'identidock:9191' } });
      expect(status).toBe(404);
      // It is the service that has none of them.
      expect(headers['x-version']).toBeDefined();
    }
  });

  test('with a name, it speaks TLS', async () => {
    await trial.compose({ DOMAIN: 'localhost' }, 'up', '--detach', '--no-deps', '--no-build', 'proxy');
    const root = '/data/caddy/pki/authorities/local/root.crt';
    const ca = await eventually(async () => {
      try {
        return (await trial.compose({}, 'exec', '--no-TTY', 'proxy', 'cat', root)).stdout;
      } catch {
        return undefined;
      }
    });
    const ask = async () => {
      const sent = getByTls({
        port: trial.tlsPort,
        servername: 'localhost',
        host: '127.0.0.1',
        headers: { Host: 'localhost' },
        path: '/client',
        ca,
        agent: false,
      });
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return JSON.parse(await text(response)) as Record<string, string>;
    };
    const client = await eventually(() => ask().catch(() => undefined));
    expect(client).toMatchObject({ protocol: 'https', host: 'localhost' });
    const { status, headers } = await fetch(trial.port, '/', { headers: { Host: 'localhost' } });
    expect({ status, to: headers.location }).toEqual({ status: 308, to: 'https://localhost/' });
  });
});
