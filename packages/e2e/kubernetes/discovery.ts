// What kubectl asks of a cluster before it does anything: which kinds there are. This answers that and knows no object, so
// that kubectl's own client-side dry run has something to ask.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The kinds by their group's path, each with the name of its list, and whether it is in a namespace. */
const kinds: Record<string, [kind: string, list: string, namespaced: boolean][]> = {
  '/api/v1': [
    ['Namespace', 'namespaces', false],
    ['Node', 'nodes', false],
    ['ConfigMap', 'configmaps', true],
    ['Service', 'services', true],
    ['Pod', 'pods', true],
  ],
  '/apis/apps/v1': [['Deployment', 'deployments', true]],
  '/apis/autoscaling/v2': [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', true]],
  '/apis/batch/v1': [['Job', 'jobs', true]],
  '/apis/policy/v1': [['PodDisruptionBudget', 'poddisruptionbudgets', true]],
  '/apis/networking.k8s.io/v1': [['NetworkPolicy', 'networkpolicies', true]],
  '/apis/monitoring.coreos.com/v1': [['ServiceMonitor', 'servicemonitors', true]],
};

const groups = Object.keys(kinds)
  .filter((path) => path.startsWith('/apis/'))
  .map((path) => {
    const [, , name = '', version = ''] = path.split('/');
    const preferredVersion = { groupVersion: `${name}/${version}`, version };
    return { name, preferredVersion, versions: [preferredVersion] };
  });

/** @returns what an API server says at a path; undefined where there is nothing */
function answerAt(path: string): object | undefined {
  if (path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const resources = kinds[path]?.map(([kind, name, namespaced]) => ({
    kind,
    name,
    namespaced,
    singularName: '',
    verbs,
  }));
  const groupVersion = path.replace(/^\/apis?\//, '');
  return resources && { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

/** Listens on a port of 127.0.0.1 that the kernel chooses. */
export async function startDiscovery(): Promise<{ url: string; close: () => void }> {
  const server = createServer((req, res) => {
    const [path = ''] = (req.url ?? '').split('?', 1);
    const missing = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: `no ${path}`,
    };
    const answer = answerAt(path);
    res.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer ?? missing));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
