// The restricted level of the Pod Security Standards, field by field as they list it for pods on Linux:
// https://kubernetes.io/docs/concepts/security/pod-security-standards/

/** A pod, or what is to become one: metadata and spec. */
export type Pod = Record<string, unknown>;

interface Control {
  /** As the standard calls it. */
  name: string;
  /** Paths. `CONTAINER` is each container of the three lists, `[*]` each item of a list, and `[PREFIX]` each key that begins so. */
  fields: string[];
  /** What a field may hold. Undefined is a field that is not there. */
  allows: (value: unknown) => boolean;
  /** A container that does not say it has the pod's. */
  inherited?: string;
}

const oneOf =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const containers = ['spec.containers[*]', 'spec.initContainers[*]', 'spec.ephemeralContainers[*]'];
const handlers = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop'];

export const controls: Control[] = [
  {
    name: 'HostProcess',
    fields: ['spec', 'CONTAINER'].map((of) => `${of}.securityContext.windowsOptions.hostProcess`),
    allows: oneOf(undefined, false),
  },
  {
    name: 'Host Namespaces',
    fields: ['spec.hostNetwork', 'spec.hostPID', 'spec.hostIPC'],
    allows: oneOf(undefined, false),
  },
  { name: 'Privileged Containers', fields: ['CONTAINER.securityContext.privileged'], allows: oneOf(undefined, false) },
  { name: 'HostPath Volumes', fields: ['spec.volumes[*].hostPath'], allows: oneOf(undefined) },
  { name: 'Host Ports', fields: ['CONTAINER.ports[*].hostPort'], allows: oneOf(undefined, 0) },
  {
    name: 'Host Probes and Lifecycle Hooks',
    fields: handlers.flatMap((of) => [`CONTAINER.${of}.httpGet.host`, `CONTAINER.${of}.tcpSocket.host`]),
    allows: oneOf(undefined, ''),
  },
  {
    name: 'AppArmor',
    fields: ['spec', 'CONTAINER'].map((of) => `${of}.securityContext.appArmorProfile.type`),
    allows: oneOf(undefined, 'RuntimeDefault', 'Localhost'),
  },
  {
    name: 'AppArmor, by annotation',
    fields: ['metadata.annotations[container.apparmor.security.beta.kubernetes.io/]'],
    allows: (value) => value === 'runtime/default' || String(value).startsWith('localhost/'),
  },
  {
    name: 'SELinux type',
    fields: ['spec', 'CONTAINER'].map((of) => `${of}.securityContext.seLinuxOptions.type`),
    allows: oneOf(undefined, '', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'),
  },
  {
    name: 'SELinux user and role',
    fields: ['spec', 'CONTAINER'].flatMap((of) => [
      `${of}.securityContext.seLinuxOptions.user`,
      `${of}.securityContext.seLinuxOptions.role`,
    ]),
    allows: oneOf(undefined, ''),
  },
  { name: '/proc Mount Type', fields: ['CONTAINER.securityContext.procMount'], allows: oneOf(undefined, 'Default') },
  {
    name: 'Sysctls',
    fields: ['spec.securityContext.sysctls[*].name'],
    allows: oneOf(
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.ip_unprivileged_port_start',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_local_reserved_ports',
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
      'net.ipv4.tcp_rmem',
      'net.ipv4.tcp_wmem',
    ),
  },
  {
    name: 'Volume Types',
    fields: ['spec.volumes[*]'],
    allows: (volume) => {
      const types = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected'];
      return Object.keys(volume as object).every((key) => key === 'name' || [...types, 'secret'].includes(key));
    },
  },
  {
    name: 'Privilege Escalation',
    fields: ['CONTAINER.securityContext.allowPrivilegeEscalation'],
    allows: oneOf(false),
  },
  {
    name: 'Running as Non-root, of the pod',
    fields: ['spec.securityContext.runAsNonRoot'],
    allows: oneOf(undefined, true),
  },
  {
    name: 'Running as Non-root',
    fields: ['CONTAINER.securityContext.runAsNonRoot'],
    allows: oneOf(true),
    inherited: 'spec.securityContext.runAsNonRoot',
  },
  {
    name: 'Running as Non-root user',
    fields: ['spec', 'CONTAINER'].map((of) => `${of}.securityContext.runAsUser`),
    allows: (value) => value !== 0,
  },
  {
    name: 'Seccomp of the pod',
    fields: ['spec.securityContext.seccompProfile.type'],
    allows: oneOf(undefined, 'RuntimeDefault', 'Localhost'),
  },
  {
    name: 'Seccomp',
    fields: ['CONTAINER.securityContext.seccompProfile.type'],
    allows: oneOf('RuntimeDefault', 'Localhost'),
    inherited: 'spec.securityContext.seccompProfile.type',
  },
  {
    name: 'Capabilities dropped',
    fields: ['CONTAINER.securityContext.capabilities.drop'],
    allows: (value) => Array.isArray(value) && value.includes('ALL'),
  },
  {
    name: 'Capabilities added',
    fields: ['CONTAINER.securityContext.capabilities.add[*]'],
    allows: oneOf('NET_BIND_SERVICE'),
  },
];

/** @returns the fields by which a pod is not at the restricted level, as `spec.containers[0].securityContext.privileged` */
export function violations(pod: Pod): string[] {
  const wrong = controls.flatMap((control) => violationsOf(control, pod));
  return [...new Set(wrong)];
}

/** @returns the fields by which a pod violates one control */
export function violationsOf({ fields, allows, inherited }: Control, pod: Pod): string[] {
  const ofPod = inherited === undefined ? undefined : find(pod, inherited)[0]?.[1];
  return fields
    .flatMap((field) =>
      field.startsWith('CONTAINER') ? containers.map((of) => field.replace('CONTAINER', of)) : [field],
    )
    .flatMap((field) => find(pod, field))
    .filter(([, value]) => !allows(value ?? ofPod))
    .map(([path]) => path);
}

/** @returns what stands at a path, each with the path at which it was found; undefined where there is nothing */
function find(node: unknown, path: string, at = ''): [path: string, value: unknown][] {
  const [, name = '', list, rest = ''] = /^([^.[]+)(?:\[([^\]]+)\])?(?:\.(.*))?$/.exec(path) ?? [];
  if (name === '') return [[at, node]];
  const child = (node as Record<string, unknown> | undefined)?.[name];
  const here = at === '' ? name : `${at}.${name}`;
  if (list === undefined) return find(child, rest, here);
  if (list === '*') return ((child ?? []) as unknown[]).flatMap((item, n) => find(item, rest, `${here}[${String(n)}]`));
  return Object.entries(child ?? {})
    .filter(([key]) => key.startsWith(list))
    .map(([key, value]) => [`${here}[${key}]`, value]);
}
