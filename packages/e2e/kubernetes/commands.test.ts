// What test:kubernetes does, as far as it can be held against anything without a cluster.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../quayside/harness/paths';
import { freePorts } from '../../quayside/harness/ports';
import { broken, commands, loadObjects, PODS, testOverlay } from './commands';
import { startDiscovery } from './discovery';
import { kustomization, monitoring, one, overlay, render, type Deployment } from './render';
import { violations, type Pod } from './restricted';
import { problemsOf, type Manifest } from './schemas';
import { describeKubectl, installTools, type Tools } from './tools';

const exec = promisify(execFile);

// The tools are installed when they are missing.
jest.setTimeout(300_000);

const image = 'registry.example/you/identidock:1.2.3';
const namespace = 'identidock-test-1';

describeKubectl('test:kubernetes', () => {
  let tools: Tools;
  let dir: string;
  let rendered: Manifest[];

  beforeAll(() => {
    tools = installTools();
    dir = mkdtempSync(join(tmpdir(), 'identidock-commands-'));
    const { folder, remove } = kustomization((path) => testOverlay(image, namespace, path));
    rendered = render(folder, tools);
    remove();
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  /** A file with an object, for kubectl. */
  function file(name: string, object: object): string {
    const path = join(dir, name);
    writeFileSync(path, JSON.stringify(object));
    return path;
  }

  test('it deploys the overlay with the image, in a namespace of its own, and with as many pods as it counts on', () => {
    expect(problemsOf(rendered, tools)).toEqual([]);
    expect(one(rendered, 'Namespace').metadata).toMatchObject({
      name: namespace,
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    for (const { kind, metadata } of rendered) if (kind !== 'Namespace') expect(metadata.namespace).toBe(namespace);
    const { template } = (one(rendered, 'Deployment') as Deployment).spec;
    expect(template.spec.containers[0]).toMatchObject({ image, resources: { requests: { cpu: '100m' } } });
    expect(one(rendered, 'HorizontalPodAutoscaler')).toMatchObject({ spec: { minReplicas: PODS, maxReplicas: PODS } });
  });

  test.each(Object.entries(broken))('a broken version that %s differs in its program, and is let in', (_, script) => {
    const deployment = one(rendered, 'Deployment') as Deployment;
    const path = file('deployment.json', deployment);
    const [verb = '', , ...options] = commands.break(script);
    const output = execFileSync(tools.kubectl, [verb, '--local', '--output=json', `--filename=${path}`, ...options]);
    const patched = JSON.parse(output.toString()) as Deployment;
    expect(problemsOf([patched], tools)).toEqual([]);
    expect(violations(patched.spec.template as unknown as Pod)).toEqual([]);
    expect(patched.spec.progressDeadlineSeconds).toBeLessThan(30);
    expect(patched.spec.progressDeadlineSeconds).toBeGreaterThan(patched.spec.minReadySeconds);
    const command = ['node', '--eval', script];
    const [container] = deployment.spec.template.spec.containers;
    expect(patched.spec.template.spec.containers).toEqual([{ ...container, command }]);

    // What mends it leaves the program to the undo, and all else is as before.
    const mend = commands.mend().slice(2);
    const brokenFile = file('broken.json', patched);
    const mended = execFileSync(tools.kubectl, [
      'patch',
      '--local',
      '--output=json',
      `--filename=${brokenFile}`,
      ...mend,
    ]);
    const { spec } = JSON.parse(mended.toString()) as Deployment;
    expect({ ...spec, template: deployment.spec.template }).toEqual(deployment.spec);
  });

  test('the broken programs do what they are called', async () => {
    await expect(exec(process.execPath, ['--eval', broken.crashes])).rejects.toMatchObject({ code: 1 });
    const running = execFile(process.execPath, ['--eval', `${broken.neverReady}; console.log('runs')`]);
    await new Promise((resolve) => running.stdout?.once('data', resolve));
    running.kill('SIGTERM');
    expect(await new Promise((resolve) => running.once('exit', resolve))).toBe(0);
  });

  describe("kubectl's client-side dry run, against a server that knows the kinds and no object", () => {
    let discovery: Awaited<ReturnType<typeof startDiscovery>>;
    beforeAll(async () => {
      discovery = await startDiscovery();
    });
    afterAll(() => {
      discovery.close();
    });

    /** Its output, be it a failure's. */
    async function kubectl(args: string[]): Promise<string> {
      const all = [`--server=${discovery.url}`, ...args];
      const env = { ...process.env, KUBECONFIG: file('kubeconfig', {}), HOME: dir };
      return exec(tools.kubectl, all, { env }).then(
        ({ stdout, stderr }) => stdout + stderr,
        (error: unknown) => (error as { stderr: string }).stderr,
      );
    }
    const dry = ['--dry-run=client', '--validate=false'];
    const created = (objects: Manifest[]) =>
      objects.map(({ apiVersion, kind, metadata }) => {
        const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : '';
        return `${kind.toLowerCase()}${group}/${metadata.name} created (dry run)`;
      });

    test('the overlay, with and without its ServiceMonitor', async () => {
      const apply = async (folder: string) => (await kubectl([...commands.apply(folder), ...dry])).trim().split('\n');
      expect((await apply(overlay)).sort()).toEqual(created(render(overlay, tools)).sort());
      const { folder, remove } = kustomization((path) => ({
        namespace: 'identidock',
        resources: [path(overlay)],
        components: [path(monitoring)],
      }));
      const lines = await apply(folder);
      expect(lines.sort()).toEqual(created(render(folder, tools)).sort());
      expect(lines).toContain('servicemonitor.monitoring.coreos.com/identidock created (dry run)');
      remove();
    });

    test('the overlay of test:kubernetes, and its load', async () => {
      const { folder, remove } = kustomization((path) => testOverlay(image, namespace, path));
      const lines = await kubectl(['--namespace', namespace, ...commands.apply(folder), ...dry]);
      expect(lines.trim().split('\n').sort()).toEqual(created(rendered).sort());
      remove();
      const load = file('load.json', { apiVersion: 'v1', kind: 'List', items: loadObjects(image, namespace) });
      expect(await kubectl(['--namespace', namespace, ...commands.applyFile(load), ...dry])).toBe(
        'configmap/identidock-load created (dry run)\njob.batch/identidock-load created (dry run)\n',
      );
    });

    const dryRun = '--dry-run=client';
    /** Without an object there, kubectl comes as far as asking for it. */
    const notFound = 'NotFound';
    test.each<[string, string[], expected: string]>([
      ['version', commands.version(), '"gitVersion": "v1.35.0"'],
      ['rolledOut', commands.rolledOut(), notFound],
      ['restart', commands.restart(), notFound],
      ['undo', [...commands.undo(), dryRun], notFound],
      ['break', [...commands.break(broken.crashes), dryRun], notFound],
      ['mend', [...commands.mend(), dryRun], notFound],
      ['pods', commands.pods(), notFound],
      ['loadPods', commands.loadPods(), notFound],
      ['kill', [...commands.kill('a'), dryRun], 'pod "a" force deleted'],
      ['drain', [...commands.drain('a'), dryRun], 'no /api/v1/nodes/a'],
      ['uncordon', [...commands.uncordon('a'), dryRun], 'no /api/v1/nodes/a'],
      ['load', commands.load(), notFound],
      ['loadLogs', commands.loadLogs(), notFound],
      ['logs', commands.logs(), notFound],
      ['remove', [...commands.remove('a'), dryRun], 'namespace "a" deleted'],
    ])('%s is understood', async (_, args, expected) => {
      expect(await kubectl(['--namespace', namespace, ...args])).toContain(expected);
    });

    test('what is not understood is told from what is not there', async () => {
      expect(await kubectl(['drain', 'a', '--pods=all', dryRun])).toContain('unknown flag');
    });
  });

  describe('without a cluster', () => {
    const script = ['--workspaces=false', 'run', '--silent', 'test:kubernetes'];
    const start = (env: NodeJS.ProcessEnv) => exec('npm', script, { cwd: root, env: { ...process.env, ...env } });

    test('it says what it needs, and ends with exit code 78', async () => {
      const stderr = expect.stringContaining('needs a cluster and an image: KUBECONFIG=... IMAGE=') as string;
      await expect(start({ KUBECONFIG: '', IMAGE: image })).rejects.toMatchObject({ code: 78, stderr });
      await expect(start({ KUBECONFIG: 'a', IMAGE: '' })).rejects.toMatchObject({ code: 78, stderr });
    });

    test('it says that none answers, and ends with exit code 78', async () => {
      const [port] = await freePorts(1);
      const cluster = { name: 'none', cluster: { server: `http://127.0.0.1:${String(port)}` } };
      const contexts = [{ name: 'none', context: { cluster: 'none' } }];
      const config = { apiVersion: 'v1', kind: 'Config', 'current-context': 'none', clusters: [cluster], contexts };
      const env = { KUBECONFIG: file('none', config), IMAGE: image };
      const stderr = expect.stringContaining('no cluster answers') as string;
      await expect(start(env)).rejects.toMatchObject({ code: 78, stderr });
    });
  });
});
