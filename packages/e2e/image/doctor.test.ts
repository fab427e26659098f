import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { freePorts, hold } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { Checkout, describeImage, docker } from '../harness/docker';

describeImage('the doctor', () => {
  let checkout: Checkout;
  let project: string;
  let ports: {
    PUBLISH_PORT: string;
    PUBLISH_STATS_PORT: string;
    PUBLISH_DEV_PORT: string;
    PUBLISH_INSPECT_PORT: string;
  };

  beforeEach(async () => {
    checkout = new Checkout();
    project = basename(checkout.dir).toLowerCase();
    const [service = 0, stats = 0, dev = 0, debug = 0] = await freePorts(4);
    ports = {
      PUBLISH_PORT: String(service),
      PUBLISH_STATS_PORT: String(stats),
      PUBLISH_DEV_PORT: String(dev),
      PUBLISH_INSPECT_PORT: String(debug),
    };
  });
  afterEach(async () => {
    await endAll();
    await checkout.remove();
  });

  /** As `docker compose run --rm doctor`. */
  const inContainer = async (): Promise<{ code: number; output: string }> => {
    try {
      const { stdout } = await checkout.compose(['run', '--rm', 'doctor'], ports);
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout } = error as { code: number; stdout: string };
      return { code, output: stdout };
    }
  };

  const start = (env: NodeJS.ProcessEnv, asUser: string[]) => {
    const { HOME, DOCKER_HOST, NODE_IMAGE } = process.env;
    return run('env', {
      args: [...asUser, process.execPath, join(checkout.dir, 'doctor/main.js')],
      env: { HOME, DOCKER_HOST, NODE_IMAGE, IMAGE: checkout.image, COMPOSE_PROJECT_NAME: project, ...ports, ...env },
    });
  };
  /** As `npm run doctor`. */
  const onHost = async (env: NodeJS.ProcessEnv = {}, asUser: string[] = []) => {
    const { exited, closed, output } = start(env, asUser);
    const { code } = await exited;
    await closed;
    return { code, output: output() };
  };

  const leftInApp = () => readdirSync(join(checkout.dir, 'app')).filter((name) => name.startsWith('.'));

  test('in a checkout in order, all is well in a container; of a port that is taken it tells', async () => {
    const { code, output } = await inContainer();
    expect(output).toMatch(/^ok {4}Node\.js/m);
    expect(output).toMatch(/^note {2}file events: not tested, because app\/ is mounted read-only here$/m);
    for (const name of ['PUBLISH_PORT', 'PUBLISH_STATS_PORT', 'PUBLISH_DEV_PORT'] as const) {
      expect(output).toMatch(new RegExp(`^ok {4}port ${ports[name]} is free \\(${name}\\)$`, 'm'));
    }
    expect(output).toMatch(/^Nothing is wrong; \d+ notes\.$/m);
    expect(code).toBe(0);

    const holder = await hold(Number(ports.PUBLISH_DEV_PORT));
    expect((await inContainer()).output).toMatch(
      new RegExp(`^note {2}port ${ports.PUBLISH_DEV_PORT} is taken on the machine that Docker runs on`, 'm'),
    );
    holder.close();
  });

  test('in a container, a cmd.sh with Windows line endings is wrong', async () => {
    const file = join(checkout.dir, 'cmd.sh');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\n/g, '\r\n'));
    const { code, output } = await inContainer();
    expect(output).toMatch(/^wrong cmd\.sh has Windows line endings/m);
    expect(code).toBe(1);
  });

  test('on the host it asks the Engine and Compose, and sees that an edit arrives in a container', async () => {
    const { code, output } = await onHost();
    expect(output).toMatch(/^ok {4}Docker Engine \d/m);
    expect(output).toMatch(/^ok {4}Docker Compose v?\d/m);
    expect(output).toMatch(/^ok {4}file events in a container: an edit in app\/ is noticed$/m);
    expect(output).toMatch(/^Nothing is wrong/m);
    expect(code).toBe(0);
    expect(leftInApp()).toEqual([]);
  });

  test('an edit that does not arrive in the container is wrong, and polling the remedy', async () => {
    // A mount of another folder is one through which no event comes.
    for (const name of ['app', 'doctor']) {
      cpSync(join(checkout.dir, name), join(checkout.dir, 'elsewhere', name), { recursive: true });
    }
    const file = join(checkout.dir, 'docker-compose.yml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('source: .\n', 'source: ./elsewhere\n'));
    const { code, output } = await onHost();
    expect(output).toMatch(
      /^wrong file events in a container: an edit in app\/ is not noticed\n {8}Set WATCH_POLL=1 in \.env$/m,
    );
    expect(code).toBe(1);
    expect((await onHost({ WATCH_POLL: '1' })).output).not.toMatch(/^wrong/m);

    const interrupted = start({}, []);
    await interrupted.line(/^ok {4}port/);
    await eventually(() => leftInApp().length === 1 || undefined);
    interrupted.kill('SIGINT');
    expect(await interrupted.exited).toEqual({ code: 130, signal: null });
    expect(leftInApp()).toEqual([]);
  });

  test('without the base image, events in a container are not tried, which is a note', async () => {
    const { code, output } = await onHost({ NODE_IMAGE: 'identidock-nowhere' });
    expect(output).toMatch(
      /^note {2}file events in a container: not tested, because the image identidock-nowhere is not on this machine$/m,
    );
    expect(code).toBe(0);
  });

  test("ports that containers publish: another's is named, this project's own is in order", async () => {
    await checkout.compose(['up', '--detach', '--wait'], ports);
    const own = await onHost();
    expect(own.output).toMatch(
      new RegExp(
        `^ok {4}port ${ports.PUBLISH_DEV_PORT} is in use by this project's own container ${project}-identidock-1$`,
        'm',
      ),
    );
    expect(own.code).toBe(0);

    const name = `${project}-other`;
    const publish = `127.0.0.1:${ports.PUBLISH_PORT}:9090`;
    await docker('run', '--detach', '--rm', '--name', name, '--publish', publish, checkout.image, 'sleep', '600');
    try {
      const { code, output } = await onHost();
      expect(output).toMatch(
        new RegExp(
          `^wrong port ${ports.PUBLISH_PORT} is taken by container ${name}\\n {8}Stop it: docker stop ${name}, or`,
          'm',
        ),
      );
      expect(code).toBe(1);
    } finally {
      await docker('rm', '--force', name);
    }
  });

  describe('an Engine that cannot be used', () => {
    test('is not running', async () => {
      const { code, output } = await onHost({ DOCKER_HOST: `unix://${checkout.dir}/none.sock` });
      expect(output).toMatch(/^wrong Docker Engine is not running.*\n {8}Start it/m);
      expect(output).toMatch(/^ok {4}Docker Compose/m);
      expect(output).not.toContain('file events in a container');
      expect(code).toBe(1);
    });

    test('never answers', async () => {
      const clients: Socket[] = [];
      const silent = createServer((client) => clients.push(client)).unref();
      const [port = 0] = await freePorts(1);
      silent.listen(port, '127.0.0.1');
      const { code, output } = await onHost({ DOCKER_HOST: `tcp://127.0.0.1:${String(port)}` });
      for (const client of clients) client.destroy();
      silent.close();
      expect(output).toMatch(/^wrong Docker Engine does not answer\n/m);
      expect(code).toBe(1);
    });

    // The socket is root's and its group's; nobody is neither.
    const bySocket = process.getuid?.() === 0 && process.env.DOCKER_HOST === undefined;
    (bySocket ? test : test.skip)('is not for this user', async () => {
      chmodSync(checkout.dir, 0o755);
      const { code, output } = await onHost({}, ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
      expect(output).toMatch(/^wrong this user may not use Docker Engine.*\n {8}Run: sudo usermod -aG docker/m);
      expect(code).toBe(1);
    });
  });

  test('in a container it asks for an edit, and says whether that is noticed', async () => {
    const doctor = checkout.start(
      ['run', '--rm', '-T', 'doctor', 'node', 'doctor/main.js', '--container', '--ask'],
      ports,
    );
    await doctor.line(/Save app\/identidock\.ts within 15 s/);
    // As an editor may do it, and again until it is seen: the line comes before the watch.
    const saving = setInterval(() => {
      writeFileSync(join(checkout.dir, 'app/identidock.ts'), `// ${String(Date.now())}\n`);
    }, 100);
    try {
      await doctor.line(/^ok +file events: an edit in app\/ is noticed/);
    } finally {
      clearInterval(saving);
    }
    expect(await doctor.exited).toMatchObject({ code: 0 });
  });
});
