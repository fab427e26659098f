// The manifests as kubectl renders them, and the parts of them that are looked at.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from '../../quayside/harness/paths';
import type { Manifest } from './schemas';
import type { Tools } from './tools';

const deploy = join(root, 'deploy/kubernetes');
export const base = join(deploy, 'base');
export const overlay = join(deploy, 'overlays/production');
export const monitoring = join(deploy, 'components/monitoring');

export interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

export interface Container {
  name: string;
  image: string;
  envFrom: { configMapRef: { name: string } }[];
  ports: { name: string; containerPort: number }[];
  resources: Record<'requests' | 'limits', { cpu: string; memory: string }>;
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
  volumeMounts: { name: string; mountPath: string }[];
}

export interface PodTemplate {
  metadata: { labels: Record<string, string> };
  spec: {
    containers: [Container];
    terminationGracePeriodSeconds: number;
    topologySpreadConstraints: { topologyKey: string; labelSelector: LabelSelector }[];
    securityContext: { runAsUser: number; runAsGroup: number };
    volumes: { name: string; emptyDir?: { sizeLimit: string } }[];
  };
}

export interface LabelSelector {
  matchLabels: Record<string, string>;
}

export interface Deployment extends Manifest {
  spec: {
    replicas?: number;
    minReadySeconds: number;
    progressDeadlineSeconds: number;
    selector: LabelSelector;
    template: PodTemplate;
  };
}

/** @returns the objects that `kubectl kustomize` makes of a folder */
export function render(folder: string, { kubectl, parse }: Tools): Manifest[] {
  const yaml = execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8', maxBuffer: 16 * 1024 ** 2 });
  return parse(yaml) as Manifest[];
}

/**
 * Makes a folder with a kustomization of its own.
 * @param make - given how a folder of the project is named from there, returns what is in it
 */
export function kustomization(make: (path: (folder: string) => string) => object): {
  folder: string;
  remove: () => void;
} {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'identidock-kustomization-')));
  const content = make((other) => relative(folder, realpathSync(other)));
  // JSON is YAML, too.
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(content));
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

/** @returns the only object of a kind; of a name, where there are more */
export function one(objects: Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter(
    (object) => object.kind === kind && object.metadata.name === (name ?? object.metadata.name),
  );
  if (found[0] === undefined || found.length > 1) {
    throw new Error(`expected one ${kind}, but there are ${String(found.length)}`);
  }
  return found[0];
}
