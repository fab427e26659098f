import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { loggedBy, serviceFile } from '../../quayside/bench/soak/host';
import { soak, type Target } from '../../quayside/bench/soak/soak';
import { baseImage, Checkout, describeImage, docker, production } from '../harness/docker';

/** What the tests add to production: settings, and Debian's nginx in the network of the server's container. */
const override = (frontPort: number, settings: Record<string, string>) => `
services:
  identidock:
    environment: ${JSON.stringify(settings)}
    ports: ['127.0.0.1:${String(frontPort)}:80']
  nginx:
    profiles: [nginx]
    build:
      dockerfile_inline: |
        FROM ${baseImage}
        RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm /etc/nginx/sites-enabled/default
    command: [nginx, -g, daemon off;]
    network_mode: service:identidock
    volumes:
      - ./deploy/nginx.conf:/etc/nginx/conf.d/identidock.conf:ro
      - ./strict.conf:/etc/nginx/conf.d/strict.conf:ro
`;

describeImage('soak', () => {
  let checkout: Checkout;
  let env: NodeJS.ProcessEnv;
  let port: number;
  let statsPort: number;
  let frontPort: number;

  beforeEach(async () => {
    checkout = new Checkout();
    copyFileSync(serviceFile, join(checkout.dir, 'app/identidock.ts'));
    checkout.install('ws@8', '@types/ws@8');
    // By itself nginx asks again where a connection to the server fails, and so would hide that one did.
    writeFileSync(join(checkout.dir, 'strict.conf'), 'proxy_next_upstream off;\n');
    [port, statsPort, frontPort] = (await freePorts(3)) as [number, number, number];
    env = {
      PUBLISH_ADDRESS: '127.0.0.1',
      PUBLISH_PORT: String(port),
      PUBLISH_STATS_PORT: String(statsPort),
      WORKERS: '2',
      COMPOSE_PROFILES: 'nginx',
    };
  });
  afterEach(async () => {
    await endAll();
    // Else nginx outlives the container whose network it is in.
    await compose('down', '--timeout', '1', '--rmi', 'local');
    await checkout.remove();
  });

  const files = [...production, '-f', 'soak.yml'];
  const compose = (...args: string[]) => checkout.compose([...files, ...args], env);

  async function up(settings: Record<string, string>, ...services: string[]): Promise<string> {
    writeFileSync(join(checkout.dir, 'soak.yml'), override(frontPort, settings));
    await compose('up', '--detach', '--wait', ...services);
    return checkout.container();
  }

  const targetOf = (container: string): Target => ({
    port,
    statsPort,
    signal: (signal) => compose('kill', '--signal', signal, 'identidock'),
    logged: loggedBy(run('docker', { args: ['logs', '--follow', container], env: process.env })),
    exitCode: async () => Number(await docker('wait', container)),
  });

  const options = { requests: 5000, clients: 12, limit: 90 };

  test('of a container: no answer is lost by reloads, and by a killed worker only those it had not given', async () => {
    const container = await up({ ACCESS_LOG: 'off' }, 'identidock');
    const killWorker = (pid: number) => docker('exec', container, 'sh', '-c', `kill -KILL ${String(pid)}`);
    const report = await soak({ ...targetOf(container), killWorker }, options);
    expect(report.problems).toEqual([]);
    expect(report.reloads).toBe(3);
  });

  test('of a container behind nginx: no answer is lost by reloads', async () => {
    const container = await up({ ACCESS_LOG: 'off' });
    const report = await soak({ ...targetOf(container), port: frontPort }, options);
    expect(report.problems).toEqual([]);
    expect(report.reloads).toBe(3);
  });

  /** Asks, and looks up what the access log calls the client. */
  async function clientOf(container: string, at: number, path: string): Promise<unknown> {
    await fetch(at, path, { headers: { 'X-Forwarded-For': '203.0.113.7' } });
    const { line } = run('docker', { args: ['logs', '--follow', container], env: process.env });
    const [text] = await line(new RegExp(`^.*"path":"${path}".*$`));
    return (JSON.parse(text) as { client: unknown }).client;
  }

  test('the access log names the client that nginx saw where TRUST_PROXY says so, and the peer otherwise', async () => {
    const gateway = '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}';
    const trusting = await up({ TRUST_PROXY: 'uniquelocal, loopback' });
    // As the host's requests come from in the container.
    const host = await docker('inspect', '--format', gateway, trusting);
    expect(await clientOf(trusting, frontPort, '/nginx')).toBe(host);
    expect(await clientOf(trusting, port, '/forged')).toBe('203.0.113.7');

    await compose('down', '--timeout', '1');
    const wary = await up({ TRUST_PROXY: 'off' });
    const peer = await docker('inspect', '--format', gateway, wary);
    expect(await clientOf(wary, frontPort, '/nginx')).toBe('127.0.0.1');
    expect(await clientOf(wary, port, '/forged')).toBe(peer);
  });
});
