// The container as the Deployment describes it, under a real Docker Engine: no cluster, but the same image, user, limits,
// settings and probes, and the load of test:kubernetes as its client.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { Checkout, describeImage, docker, logged, production } from '../harness/docker';
import { loadObjects } from './commands';
import { base, one, render, type Container, type Deployment, type PodTemplate, type Probe } from './render';
import { costOf, secondsIn } from './report';
import type { Manifest } from './schemas';
import { describeKubectl, installTools } from './tools';

/** docker run's options for a container of a pod. */
function optionsOf({ spec }: PodTemplate, { resources, volumeMounts }: Container, settings: object): string[] {
  const { runAsUser, runAsGroup } = spec.securityContext;
  const tmp = spec.volumes.find(({ emptyDir }) => emptyDir !== undefined);
  const mount = volumeMounts.find(({ name }) => name === tmp?.name)?.mountPath ?? '';
  return [
    `--user=${String(runAsUser)}:${String(runAsGroup)}`,
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    `--tmpfs=${mount}:size=${tmp?.emptyDir?.sizeLimit.replace('Mi', 'm') ?? ''}`,
    `--cpus=${resources.limits.cpu}`,
    `--memory=${resources.limits.memory.replace('Mi', 'm')}`,
    ...Object.entries(settings).map(([name, value]) => `--env=${name}=${String(value)}`),
  ];
}

describeKubectl('a pod', () => {
  describeImage('as a container of Docker', () => {
    let checkout: Checkout;
    let template: PodTemplate;
    let container: Container;
    let settings: Record<string, string>;
    let network: string;
    let dir: string;
    const containers: string[] = [];

    beforeAll(async () => {
      const objects = render(base, installTools());
      ({ template } = (one(objects, 'Deployment') as Deployment).spec);
      [container] = template.spec.containers;
      settings = one(objects, 'ConfigMap').data as Record<string, string>;
      checkout = new Checkout();
      await checkout.compose([...production, 'build']);
      network = checkout.image;
      await docker('network', 'create', network);
      dir = mkdtempSync(join(tmpdir(), 'identidock-load-'));
      // As a ConfigMap is mounted: for any user to read.
      chmodSync(dir, 0o755);
      const [script] = loadObjects(checkout.image, 'test') as [Manifest & { data: Record<string, string> }];
      writeFileSync(join(dir, 'load.js'), script.data['load.js'] ?? '');
    });
    afterAll(async () => {
      await docker('network', 'rm', network);
      await checkout.remove();
      rmSync(dir, { recursive: true });
    });
    afterEach(async () => {
      if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers.splice(0));
    });

    /** Starts the service under the name of the Service. @returns its id */
    async function start(more: Record<string, string> = {}): Promise<string> {
      const options = optionsOf(template, container, { ...settings, ...more });
      const ports = container.ports.map(({ containerPort }) => `--publish=127.0.0.1::${String(containerPort)}`);
      const alias = [`--network=${network}`, '--network-alias=identidock'];
      const id = await docker('run', '--detach', ...alias, ...ports, ...options, checkout.image);
      containers.push(id);
      await logged(id, /"ready"/);
      return id;
    }

    /** Starts the load beside it, with the command and the variables of the Job. @returns its id */
    async function startLoad(seconds: number): Promise<string> {
      const job = loadObjects(checkout.image, 'test')[1] as Manifest & { spec: { template: PodTemplate } };
      const [{ command, env }] = job.spec.template.spec.containers as unknown as [
        { command: string[]; env: { name: string; value: string }[] },
      ];
      const variables = [...env, { name: 'SECONDS', value: String(seconds) }];
      const options = [
        '--read-only',
        '--user=1000',
        '--cap-drop=ALL',
        `--volume=${dir}:/load:ro`,
        `--network=${network}`,
      ];
      const given = variables.map(({ name, value }) => `--env=${name}=${value}`);
      const id = await docker(
        'run',
        '--detach',
        `--name=${network}-load`,
        ...options,
        ...given,
        checkout.image,
        ...command,
      );
      containers.push(id);
      return id;
    }

    async function address(id: string, port: string): Promise<number> {
      const number = container.ports.find(({ name }) => name === port)?.containerPort;
      return Number((await docker('port', id, String(number))).split(':').pop());
    }

    const probed = async (id: string, { httpGet }: Probe) =>
      (await fetch(await address(id, httpGet.port), httpGet.path)).status;

    test('every probe finds what it asks for', async () => {
      const id = await start();
      const { startupProbe, readinessProbe, livenessProbe } = container;
      for (const probe of [startupProbe, readinessProbe, livenessProbe]) expect(await probed(id, probe)).toBe(200);
    });

    test('there are two workers, each with its part of the memory, and no warning', async () => {
      const id = await start();
      const { workers } = JSON.parse((await fetch(await address(id, 'stats'), '/')).body) as { workers: unknown[] };
      expect(workers).toHaveLength(2);
      expect(await docker('logs', id)).not.toContain('"level":"warn"');
    });

    test('the stats answer a scrape by address, and not by a name of the cluster', async () => {
      const port = await address(await start(), 'stats');
      const scraped = await fetch(port, '/metrics', { headers: { Host: '10.1.2.3:9191' } });
      expect(scraped).toMatchObject({ status: 200, body: expect.stringContaining('uwsgi_workers 2') as string });
      const headers = { Host: 'identidock-stats.identidock.svc:9191' };
      expect(await fetch(port, '/metrics', { headers })).toMatchObject({ status: 403 });
    });

    test('from SIGTERM on /readyz says 503, requests are answered for DRAIN_DELAY, and it ends in time with exit code 0', async () => {
      const id = await start();
      const begun = performance.now();
      const stopped = docker('stop', '--time', String(template.spec.terminationGracePeriodSeconds), id);
      await eventually(async () => (await probed(id, container.readinessProbe)) === 503 || undefined);
      expect(await probed(id, container.livenessProbe)).toBe(200);
      expect(await fetch(await address(id, 'http'))).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
      await stopped;
      const took = (performance.now() - begun) / 1000;
      expect(await docker('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('0');
      expect(took).toBeGreaterThan(Number(settings.DRAIN_DELAY));
      expect(took).toBeLessThan(template.spec.terminationGracePeriodSeconds);
    });

    describe('the load', () => {
      test('counts what is answered, second by second, and ends by itself', async () => {
        await start();
        const id = await startLoad(3);
        expect(await docker('wait', id)).toBe('0');
        const seconds = secondsIn(`${await docker('logs', id)}\n`);
        expect(seconds.map(({ second }) => second)).toEqual([0, 1, 2]);
        const row = costOf('nothing', 3, seconds);
        expect(row).toMatchObject({ failed: 0, reasons: [] });
        // One of each client at least.
        expect(row.requests).toBeGreaterThanOrEqual(16);
      });

      test('counts no failure at a reload, and what a kill has cost', async () => {
        const server = await start();
        const id = await startLoad(600);
        const row = async () => costOf('so far', 0, secondsIn(`${await docker('logs', id)}\n`));
        const more = async (than: number) =>
          eventually(async () => ((await row()).requests > than ? (await row()).requests : undefined));
        await more(0);
        await docker('kill', '--signal', 'HUP', server);
        await logged(server, /"reload ended"/);
        await more(await more(0));
        expect(await row()).toMatchObject({ failed: 0, reasons: [] });
        await docker('kill', server);
        const { reasons } = await eventually(async () => ((await row()).failed > 0 ? row() : undefined));
        expect(reasons).not.toEqual([]);
      });
    });
  });
});
