import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import {
  collectionOptions,
  cpuQuota,
  heapFor,
  isShortOfPids,
  isTight,
  memoryLimit,
  pidsLimit,
  workersFor,
} from '../../src/settings/capacity';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes what Linux would show in /proc and /sys. */
function files(content: Record<string, string>): void {
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const MB = 1024 ** 2;

describe('control groups of version 2', () => {
  test('a container that sees its own group as the root', () => {
    files({
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': '50000 100000\n',
      'sys/fs/cgroup/memory.max': `${String(256 * MB)}\n`,
    });
    expect([cpuQuota(root), memoryLimit(root)]).toEqual([0.5, 256 * MB]);
  });

  test('of a group and those above it, the least holds', () => {
    files({
      'proc/self/cgroup': '0::/system.slice/app.service\n',
      'sys/fs/cgroup/system.slice/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/system.slice/memory.max': `${String(64 * MB)}\n`,
      'sys/fs/cgroup/system.slice/app.service/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/system.slice/app.service/memory.max': `${String(128 * MB)}\n`,
    });
    expect([cpuQuota(root), memoryLimit(root)]).toEqual([1.5, 64 * MB]);
  });

  test('no limits', () => {
    files({
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/memory.max': 'max\n',
    });
    expect([cpuQuota(root), memoryLimit(root)]).toEqual([Infinity, Infinity]);
  });
});

describe('control groups of version 1', () => {
  test.each(['cpu,cpuacct', 'cpu'])('%s, under a path that is the host’s', (controllers) => {
    files({
      'proc/self/cgroup': `5:memory:/docker/0123\n4:${controllers}:/docker/0123\n1:name=systemd:/docker/0123\n0::/docker/0123\n`,
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${String(256 * MB)}\n`,
    });
    expect([cpuQuota(root), memoryLimit(root)]).toEqual([0.5, 256 * MB]);
  });

  test('no limits', () => {
    files({
      'proc/self/cgroup': '5:memory:/\n4:cpu,cpuacct:/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    expect([cpuQuota(root), memoryLimit(root)]).toEqual([Infinity, Infinity]);
  });
});

test('no control groups at all, as on another system', () => {
  expect([cpuQuota(root), memoryLimit(root)]).toEqual([Infinity, Infinity]);
});

test('a limit above the memory of the machine is none', () => {
  files({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': `${String(totalmem() + 1)}\n` });
  expect(memoryLimit(root)).toBe(Infinity);
});

test.each([
  [4, Infinity, Infinity, 4],
  [4, 0.5, Infinity, 1],
  [4, 1, Infinity, 1],
  [4, 1.5, Infinity, 2],
  [4, 8, Infinity, 4],
  [4, Infinity, 128, 1],
  [4, Infinity, 320, 2],
  [64, Infinity, 2048, 15],
])('%d CPUs, a quota of %d and %d MB are %d workers', (cpus, quota, limit, expected) => {
  expect(workersFor(cpus, quota, limit * MB)).toBe(expected);
});

test.each([
  ['v2', '0::/\n', 'sys/fs/cgroup/pids.max'],
  ['v1', '8:pids:/docker/0123\n', 'sys/fs/cgroup/pids/pids.max'],
])('control groups of %s: the limit of processes', (_, own, path) => {
  files({ 'proc/self/cgroup': own, [path]: '77\n' });
  expect(pidsLimit(root)).toBe(77);
  files({ [path]: 'max\n' });
  expect(pidsLimit(root)).toBe(Infinity);
});

test('the default limit of processes is enough for as many workers as there is memory for', () => {
  expect([isShortOfPids(15, 1024), isShortOfPids(2, 54), isShortOfPids(2, Infinity)]).toEqual([false, true, false]);
});

test.each([320, 512, 2048])('of %d MB, each worker by default has a fair heap', (limit) => {
  const workers = workersFor(64, Infinity, limit * MB);
  expect(heapFor(workers, limit * MB)).toBeGreaterThanOrEqual(64);
  expect(isTight(workers, limit * MB)).toBe(false);
});

test('only on a single CPU are minor garbage collections left to the main thread', () => {
  const always = '--no-allocation-site-pretenuring';
  expect([collectionOptions(1), collectionOptions(2)]).toEqual([[always, '--no-parallel-scavenge'], [always]]);
});

test('the heaps of all workers, and what processes take beside them, fit into the limit', () => {
  expect(heapFor(2, Infinity)).toBeUndefined();
  for (const workers of [1, 2, 4, 8]) {
    const heap = heapFor(workers, 2048 * MB) ?? 0;
    expect(heap).toBeGreaterThan(100);
    expect(workers * heap).toBeLessThan(2048);
  }
  // Too little for so many: not less than a service takes to start.
  expect(heapFor(8, 128 * MB)).toBe(32);
  expect([isTight(8, 128 * MB), isTight(2, 256 * MB), isTight(8, Infinity)]).toEqual([true, false, false]);
});
