// The manifests as kubectl renders them, and the parts of them that are looked at.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { renamedFile } from '../../create-quayside/src/naming.js';
import { nameIn } from '../../create-quayside/src/template.js';
import { root } from '../../quayside/harness/paths';
import { templateName } from '../harness/template';
import type { Manifest } from './schemas';
import type { Tools } from './tools';

/** Where the manifests lie under the name that the tests have for the template. Where it was renamed, that is a copy. */
function manifests(): string {
  const deploy = join(root, 'deploy/kubernetes');
  const name = nameIn(root);
  if (name === templateName) return deploy;
  const files = readdirSync(deploy, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(deploy, path)).isFile())
    .map((path) => renamedFile({ path, data: readFileSync(join(deploy, path)) }, name, templateName));
  const state = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 8);
  const cache = join(root, 'node_modules/.cache');
  const copy = join(cache, `identidock-manifests-${state}`);
  if (existsSync(copy)) return copy;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  for (const { path, data } of files) {
    mkdirSync(dirname(join(unfinished, path)), { recursive: true });
    writeFileSync(join(unfinished, path), data);
  }
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    // Another test may have been faster.
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

const deploy = manifests();
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
