// What test:kubernetes has kubectl do: the command lines, and the objects that it applies beside the overlay.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { overlay } from './render';
import type { Manifest } from './schemas';

/** How many pods serve while events are measured: as many as the overlay begins with. */
export const PODS = 3;

const selector = 'app.kubernetes.io/name=identidock';
export const loadName = 'identidock-load';
const deployment = 'deployment/identidock';

/** How long a broken rollout may be without progress before it is called broken, in s. Longer than minReadySeconds. */
const BROKEN_AFTER = 15;
/** What the overlay has in its place. */
const PROGRESS_DEADLINE = 120;

const patch = (spec: object) => ['patch', deployment, '--type=strategic', `--patch=${JSON.stringify({ spec })}`];

/** The command lines, without the namespace. */
export const commands = {
  version: () => ['version', '--output=json'],
  apply: (folder: string) => ['apply', `--kustomize=${folder}`],
  applyFile: (file: string) => ['apply', `--filename=${file}`],
  /** Fails where the rollout has made no progress for progressDeadlineSeconds. */
  rolledOut: () => ['rollout', 'status', deployment, '--timeout=300s'],
  restart: () => ['rollout', 'restart', deployment],
  undo: () => ['rollout', 'undo', deployment],
  /** A new version whose program is another. */
  break: (script: string) =>
    patch({
      progressDeadlineSeconds: BROKEN_AFTER,
      template: { spec: { containers: [{ name: 'identidock', command: ['node', '--eval', script] }] } },
    }),
  mend: () => patch({ progressDeadlineSeconds: PROGRESS_DEADLINE }),
  pods: () => ['get', 'pods', `--selector=${selector}`, '--output=json'],
  loadPods: () => ['get', 'pods', `--selector=job-name=${loadName}`, '--output=json'],
  /** As near to SIGKILL as the API goes. */
  kill: (pod: string) => ['delete', 'pod', pod, '--grace-period=0', '--force', '--wait=false'],
  /** Evicts the service's pods, and nobody else's. */
  drain: (node: string) => ['drain', node, `--pod-selector=${selector}`, '--delete-emptydir-data', '--timeout=300s'],
  uncordon: (node: string) => ['uncordon', node],
  load: () => ['logs', `job/${loadName}`],
  logs: () => ['logs', `--selector=${selector}`, '--tail=20', '--prefix'],
  loadLogs: () => ['logs', `job/${loadName}`, '--tail=20'],
  remove: (namespace: string) => ['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=180s'],
};

/** The programs of broken versions: one that ends at once, and one that never gets ready. */
export const broken = {
  crashes: 'console.error("broken on purpose"); process.exit(1)',
  neverReady: 'process.once("SIGTERM", () => process.exit()); setInterval(() => {}, 1e6)',
};

/** The overlay with another image, in a namespace of its own, and with PODS pods, so that no more come meanwhile. */
export function testOverlay(image: string, namespace: string, path: (folder: string) => string): object {
  const container = '/spec/template/spec/containers/0';
  const replace = (kind: string, values: Record<string, unknown>) => ({
    target: { kind },
    patch: JSON.stringify(Object.entries(values).map(([at, value]) => ({ op: 'replace', path: at, value }))),
  });
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [path(overlay)],
    patches: [
      // A small cluster has room for four such pods, too.
      replace('Deployment', { [`${container}/image`]: image, [`${container}/resources/requests/cpu`]: '100m' }),
      replace('HorizontalPodAutoscaler', { '/spec/minReplicas': PODS, '/spec/maxReplicas': PODS }),
    ],
  };
}

/** The load: a Job of the service's own image, which the namespace's restricted level takes, and its program. */
export function loadObjects(image: string, namespace: string): Manifest[] {
  const source = readFileSync(join(__dirname, 'load.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  });
  const metadata = { name: loadName, namespace };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'load.js': outputText } },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: 'load',
                image,
                command: ['node', '/load/load.js'],
                env: [{ name: 'TARGET', value: 'http://identidock:9090/' }],
                resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMounts: [{ name: 'load', mountPath: '/load', readOnly: true }],
              },
            ],
            volumes: [{ name: 'load', configMap: { name: loadName } }],
          },
        },
      },
    },
  ];
}
