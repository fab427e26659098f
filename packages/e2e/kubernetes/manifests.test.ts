// deploy/kubernetes as a real kubectl renders it: right by its schemas, at the restricted level, and in step with the server.
import { refusalOfHost } from '../../quayside/src/process/hosts';
import { isTight, workersFor } from '../../quayside/src/settings/capacity';
import { loadConfig, settings } from '../../quayside/src/settings/config';
import { read } from '../harness/template';
import { loadObjects } from './commands';
import { base, kustomization, monitoring, one, overlay, render, type Deployment, type LabelSelector } from './render';
import { controls, violations, violationsOf, type Pod } from './restricted';
import { problemsOf, type Manifest } from './schemas';
import { describeKubectl, installTools, type Tools } from './tools';

// The tools are installed when they are missing.
jest.setTimeout(300_000);

interface Service extends Manifest {
  spec: {
    clusterIP?: string;
    selector: Record<string, string>;
    ports: { name: string; port: number; targetPort: string }[];
  };
}

interface NetworkPolicy extends Manifest {
  spec: {
    podSelector: LabelSelector;
    policyTypes: string[];
    ingress: { from?: unknown[]; ports: { port: string }[] }[];
  };
}

interface ServiceMonitor extends Manifest {
  spec: { jobLabel: string; selector: LabelSelector; endpoints: { port: string; path: string }[] };
}

/** A copy of an object in which one field has another value; undefined takes it away. */
function changed<Value extends object>(object: Value, path: string, value: unknown): Value {
  const copy = structuredClone(object) as Record<string, unknown>;
  const parts = [...path.matchAll(/\[([^\]]+)\]|([^.[\]]+)/g)].map(([, inList = '', name = '']) => inList || name);
  const last = parts.pop() ?? '';
  let at = copy;
  for (const [n, part] of parts.entries()) {
    at[part] ??= /^\d+$/.test(parts[n + 1] ?? last) ? [] : {};
    at = at[part] as Record<string, unknown>;
  }
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return copy as Value;
}

describeKubectl('deploy/kubernetes', () => {
  let tools: Tools;
  let plain: Manifest[];
  let production: Manifest[];
  let monitored: Manifest[];
  let deployment: Deployment;

  /** The overlay with more of kustomize's fields. */
  function overlaid(fields: (path: (folder: string) => string) => object): Manifest[] {
    const { folder, remove } = kustomization((path) => ({ resources: [path(overlay)], ...fields(path) }));
    try {
      return render(folder, tools);
    } finally {
      remove();
    }
  }

  beforeAll(() => {
    tools = installTools();
    plain = render(base, tools);
    production = render(overlay, tools);
    monitored = overlaid((path) => ({ namespace: 'identidock', components: [path(monitoring)] }));
    deployment = one(plain, 'Deployment') as Deployment;
  });

  const container = () => deployment.spec.template.spec.containers[0];
  const portOf = (name: string) => container().ports.find((port) => port.name === name)?.containerPort;
  const configured = (objects: Manifest[]) => one(objects, 'ConfigMap').data as Record<string, string>;
  const config = () => loadConfig(configured(plain));
  const selects = ({ matchLabels }: LabelSelector, labels: Record<string, string> = {}) =>
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value);

  describe('schemas', () => {
    test('the base, the overlay, the overlay with its ServiceMonitor, and the load of test:kubernetes are right', () => {
      const load = loadObjects('identidock:1', 'test');
      expect(problemsOf([...plain, ...production, ...monitored, ...load], tools)).toEqual([]);
    });

    test('what is not right is found, in an object of each kind', () => {
      const broken: [kind: string, field: string, value: unknown][] = [
        ['Deployment', 'spec.template.spec.containers[0].securityContext.runAsNonroot', true],
        ['Deployment', 'spec.template.spec.containers[0].ports[0].containerPort', '9090'],
        ['Deployment', 'spec.selector', undefined],
        ['Service', 'spec.ports[0].targetport', 9090],
        ['ConfigMap', 'data.GRACE', 20],
        ['HorizontalPodAutoscaler', 'spec.maxReplicas', undefined],
        ['PodDisruptionBudget', 'spec.maxUnavailible', 1],
        ['NetworkPolicy', 'spec.podSelector', 'identidock'],
        ['ServiceMonitor', 'spec.endpoints[0].interval', '15 seconds'],
        ['Namespace', 'metadata.label', {}],
      ];
      const name = (kind: string) => (kind === 'Service' ? 'identidock' : undefined);
      // Each by a name of its own, so that it is known whose a problem is.
      const objects = broken.map(([kind, field, value], n) =>
        changed(changed(one(monitored, kind, name(kind)), field, value), 'metadata.name', `broken-${String(n)}`),
      );
      const found = problemsOf(objects, tools);
      const named = broken.map(([kind], n) => `${kind} broken-${String(n)}`);
      expect([...new Set(found.map((problem) => problem.split(': ', 1)[0]))]).toEqual(named);
    });
  });

  describe('the restricted level of the Pod Security Standards', () => {
    const pod = (): Pod => structuredClone(deployment.spec.template) as unknown as Pod;

    test('the pods are at it, those of the load too, and the namespace takes no others', () => {
      expect(violations(pod())).toEqual([]);
      const job = one(loadObjects('identidock:1', 'test'), 'Job') as Manifest & { spec: { template: Pod } };
      expect(violations(job.spec.template)).toEqual([]);
      expect(one(production, 'Namespace').metadata.labels).toMatchObject({
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'latest',
      });
    });

    const first = 'spec.containers[0]';
    const security = `${first}.securityContext`;
    const apparmor = 'metadata.annotations[container.apparmor.security.beta.kubernetes.io/identidock]';
    const violating: [field: string, value: unknown, named?: string][] = [
      ['spec.securityContext.windowsOptions.hostProcess', true],
      [`${security}.windowsOptions.hostProcess`, true],
      ['spec.hostNetwork', true],
      ['spec.hostPID', true],
      ['spec.hostIPC', true],
      [`${security}.privileged`, true],
      ['spec.volumes[0].hostPath', { path: '/' }],
      [`${first}.ports[0].hostPort`, 9090],
      [`${first}.readinessProbe.httpGet.host`, '127.0.0.1'],
      [`${first}.livenessProbe.tcpSocket.host`, 'node'],
      [`${first}.lifecycle.preStop.httpGet.host`, 'node'],
      ['spec.securityContext.appArmorProfile.type', 'Unconfined'],
      [`${security}.appArmorProfile.type`, 'Unconfined'],
      [apparmor, 'unconfined'],
      ['spec.securityContext.seLinuxOptions.type', 'spc_t'],
      [`${security}.seLinuxOptions.user`, 'root'],
      [`${security}.seLinuxOptions.role`, 'sysadm_r'],
      [`${security}.procMount`, 'Unmasked'],
      ['spec.securityContext.sysctls', [{ name: 'kernel.msgmax', value: '1' }], 'spec.securityContext.sysctls[0].name'],
      ['spec.volumes[0].nfs', { server: 'a', path: '/' }, 'spec.volumes[0]'],
      [`${security}.allowPrivilegeEscalation`, true],
      [`${security}.allowPrivilegeEscalation`, undefined],
      ['spec.securityContext.runAsNonRoot', false],
      ['spec.securityContext.runAsNonRoot', undefined, `${security}.runAsNonRoot`],
      [`${security}.runAsNonRoot`, false],
      ['spec.securityContext.runAsUser', 0],
      [`${security}.runAsUser`, 0],
      ['spec.securityContext.seccompProfile.type', 'Unconfined'],
      ['spec.securityContext.seccompProfile', undefined, `${security}.seccompProfile.type`],
      [`${security}.seccompProfile.type`, 'Unconfined'],
      [`${security}.capabilities.drop`, ['NET_RAW']],
      [`${security}.capabilities`, undefined, `${security}.capabilities.drop`],
      [`${security}.capabilities.add`, ['NET_BIND_SERVICE', 'SYS_TIME'], `${security}.capabilities.add[1]`],
      ['spec.initContainers', [{ name: 'init' }], 'spec.initContainers[0].securityContext.allowPrivilegeEscalation'],
      [
        'spec.ephemeralContainers',
        [{ name: 'debug' }],
        'spec.ephemeralContainers[0].securityContext.allowPrivilegeEscalation',
      ],
    ];

    test.each(violating)('%s: %j is no longer at it', (field, value, named = field) => {
      expect(violations(changed(pod(), field, value))).toContain(named);
    });

    test('these are all controls', () => {
      const pods = violating.map(([field, value]) => changed(pod(), field, value));
      const unseen = controls.filter((control) => !pods.some((one) => violationsOf(control, one).length > 0));
      expect(unseen.map(({ name }) => name)).toEqual([]);
    });

    test.each([
      [`${security}.capabilities.add`, ['NET_BIND_SERVICE']],
      ['spec.securityContext.sysctls', [{ name: 'net.ipv4.tcp_syncookies', value: '1' }]],
      ['spec.securityContext.seccompProfile', { type: 'Localhost', localhostProfile: 'a.json' }],
      [apparmor, 'localhost/identidock'],
      [`${first}.ports[0].hostPort`, 0],
    ])('%s: %j is at it', (field, value) => {
      expect(violations(changed(pod(), field, value))).toEqual([]);
    });
  });

  describe('in step with the server', () => {
    test('the ports are those of the image', () => {
      const exposed = /^EXPOSE (.*)$/m.exec(read('Dockerfile'))?.[1]?.split(' ').map(Number);
      expect(container().ports.map(({ containerPort }) => containerPort)).toEqual(exposed);
      expect([portOf('http'), portOf('stats')]).toEqual([config().PORT, config().STATS_PORT]);
    });

    test('the ConfigMap has settings that the server knows and takes', () => {
      expect(Object.keys(settings(false))).toEqual(expect.arrayContaining(Object.keys(configured(plain))));
      expect(() => config()).not.toThrow();
      expect(config().DRAIN_DELAY).toBeGreaterThan(0);
    });

    test('what the settings name as an example is a setting, or the file of a secret that is mounted', () => {
      const examples = [...read('deploy/kubernetes/base/settings.env').matchAll(/^#(\w+)=(.*)$/gm)];
      expect(examples).not.toEqual([]);
      const mounts = container().volumeMounts.map(({ mountPath }) => mountPath);
      for (const [, name = '', value = ''] of examples) {
        if (name.endsWith('_FILE')) expect(mounts).toContain(value.replace(/\/[^/]*$/, ''));
        else expect(() => loadConfig({ [name]: value })).not.toThrow();
        if (!name.endsWith('_FILE')) expect(Object.keys(settings(false))).toContain(name);
      }
    });

    test('a pod has longer to end than the server takes', () => {
      const { DRAIN_DELAY, GRACE } = config();
      expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_DELAY + GRACE);
    });

    test('the probes are more patient than the server is with its workers', () => {
      const { startupProbe, livenessProbe } = container();
      const patience = ({ periodSeconds = 0, failureThreshold = 0 }) => periodSeconds * failureThreshold;
      expect(patience(startupProbe)).toBeGreaterThan(config().START_TIMEOUT);
      expect(patience(livenessProbe)).toBeGreaterThan(config().HARAKIRI);
      expect(deployment.spec.progressDeadlineSeconds).toBeGreaterThan(patience(startupProbe));
    });

    test('the limits make two workers on any node, with room for each', () => {
      const { cpu, memory } = container().resources.limits;
      const bytes = Number(/^(\d+)Mi$/.exec(memory)?.[1]) * 1024 ** 2;
      expect(workersFor(64, Number(cpu), bytes)).toBe(2);
      expect(isTight(2, bytes)).toBe(false);
      // Memory that is not there is not to be had by waiting.
      expect(container().resources.requests.memory).toBe(memory);
    });

    test('every pod is scraped by an address that the stats server answers to, as the job that the alerts know', () => {
      const stats = one(monitored, 'Service', 'identidock-stats') as Service;
      const { jobLabel, selector, endpoints } = (one(monitored, 'ServiceMonitor') as ServiceMonitor).spec;
      expect(selects(selector, stats.metadata.labels)).toBe(true);
      expect(selects(selector, one(monitored, 'Service', 'identidock').metadata.labels)).toBe(false);
      expect(endpoints).toMatchObject([{ port: stats.spec.ports[0]?.name, path: '/metrics' }]);
      expect(stats.spec.clusterIP).toBe('None');
      expect(read('deploy/prometheus-rules.yml')).toContain(`job="${stats.metadata.labels?.[jobLabel] ?? ''}"`);
      const { STATS_HOSTS } = config();
      expect(refusalOfHost('10.1.2.3:9191', STATS_HOSTS, 'STATS_HOSTS')).toBeUndefined();
      expect(refusalOfHost('[fd00::7]:9191', STATS_HOSTS, 'STATS_HOSTS')).toBeUndefined();
      expect(refusalOfHost('identidock-stats.identidock.svc:9191', STATS_HOSTS, 'STATS_HOSTS')).toBeDefined();
      expect(refusalOfHost('identidock-stats.identidock.svc:9191', ['.svc'], 'STATS_HOSTS')).toBeUndefined();
    });
  });

  describe('in step with each other', () => {
    test('everything that selects pods selects these', () => {
      const { labels } = deployment.spec.template.metadata;
      const { spec } = one(plain, 'PodDisruptionBudget') as Manifest & { spec: { selector: LabelSelector } };
      const spread = deployment.spec.template.spec.topologySpreadConstraints;
      const services = monitored.filter(({ kind }) => kind === 'Service') as Service[];
      const selectors = [
        deployment.spec.selector,
        spec.selector,
        (one(plain, 'NetworkPolicy') as NetworkPolicy).spec.podSelector,
        ...spread.map(({ labelSelector }) => labelSelector),
        ...services.map(({ spec }) => ({ matchLabels: spec.selector })),
      ];
      expect(selectors).toHaveLength(7);
      for (const selector of selectors) expect([selector, selects(selector, labels)]).toEqual([selector, true]);
      expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      // Nor does the load count as one of them.
      const job = one(loadObjects('identidock:1', 'test'), 'Job') as Manifest & {
        spec: { template: { metadata?: { labels?: Record<string, string> } } };
      };
      expect(selects(deployment.spec.selector, job.spec.template.metadata?.labels)).toBe(false);
    });

    test('how many pods there are is for the autoscaler to say alone', () => {
      expect(deployment.spec).not.toHaveProperty('replicas');
      expect(one(plain, 'HorizontalPodAutoscaler')).toMatchObject({
        spec: { scaleTargetRef: { kind: 'Deployment', name: deployment.metadata.name }, minReplicas: 2 },
      });
      expect(one(production, 'HorizontalPodAutoscaler')).toMatchObject({ spec: { minReplicas: 3, maxReplicas: 20 } });
    });

    test('9090 may be reached by anyone, 9191 by monitoring alone', () => {
      const { policyTypes, ingress } = (one(production, 'NetworkPolicy') as NetworkPolicy).spec;
      expect(policyTypes).toEqual(['Ingress']);
      const reachable = ingress.flatMap(({ from, ports }) => ports.map(({ port }) => [port, portOf(port), from]));
      const fromMonitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
      expect(reachable).toEqual([
        ['http', 9090, undefined],
        ['stats', 9191, [fromMonitoring]],
      ]);
    });

    test('no Service leads to 9191 but the one for the ServiceMonitor', () => {
      const services = monitored.filter(({ kind }) => kind === 'Service') as Service[];
      const ports = services.map(({ metadata, spec }) => [metadata.name, spec.ports.map((port) => port.targetPort)]);
      expect(Object.fromEntries(ports)).toEqual({ identidock: ['http'], 'identidock-stats': ['stats'] });
      for (const { spec } of services)
        for (const { port, targetPort } of spec.ports) expect(port).toBe(portOf(targetPort));
      expect(JSON.stringify(production)).not.toContain('identidock-stats');
    });

    test('the overlay puts everything into its namespace, and names an image by its version', () => {
      const { name } = one(production, 'Namespace').metadata;
      for (const { kind, metadata } of monitored) if (kind !== 'Namespace') expect(metadata.namespace).toBe(name);
      const { image } = (one(production, 'Deployment') as Deployment).spec.template.spec.containers[0];
      expect(image).toMatch(/^\S+\/identidock:\d+\.\d+\.\d+$/);
    });

    test('a changed setting rolls out', () => {
      const named = (objects: Manifest[]) => {
        const { envFrom } = (one(objects, 'Deployment') as Deployment).spec.template.spec.containers[0];
        expect(envFrom.map(({ configMapRef }) => configMapRef.name)).toEqual([one(objects, 'ConfigMap').metadata.name]);
        return envFrom[0]?.configMapRef.name;
      };
      const generator = { name: 'identidock', behavior: 'merge', literals: ['LOG_LEVEL=warn'] };
      const quiet = overlaid(() => ({ namespace: 'identidock', configMapGenerator: [generator] }));
      expect(configured(quiet)).toEqual({ ...configured(production), LOG_LEVEL: 'warn' });
      expect(named(quiet)).not.toBe(named(production));
    });
  });
});
