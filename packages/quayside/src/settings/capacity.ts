// How many workers, and how much heap for each: what the control groups of Linux allow this process, or else the machine.
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

/** What a process of Node.js takes beside its old heap: code, young generation, stacks, buffers; in MB, as measured. */
const BESIDE_HEAP_MB = 64;
/** The threads of a process of Node.js: its own, six of V8 and Node, and four of libuv once they are needed; as measured. */
const PIDS_OF_PROCESS = 11;
/** Less heap than this, in MB, is less than an empty service takes. */
const MIN_HEAP_MB = 32;
/** Where nobody says how many workers, there are no more than have this much heap each, in MB. */
const FAIR_HEAP_MB = 64;

/**
 * Reads a limit in every control group from this process's own up to the root: each of them holds.
 * Node.js reads them too, but misses a CPU quota of version 1. See https://docs.kernel.org/admin-guide/cgroup-v2.html
 * and https://docs.kernel.org/admin-guide/cgroup-v1/
 * @param controller - as version 1 names it
 * @param read - given a reader of the group's files, returns its limit; a file that is not there reads as NaN
 * @param root - of the file system
 * @returns the least; Infinity where there is none
 */
function leastLimit(controller: string, read: (file: (name: string) => number[]) => number, root: string): number {
  let least = Infinity;
  for (const line of textOf(join(root, 'proc/self/cgroup')).split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isOne = controllers.split(',').includes(controller);
    if (!isOne && controllers !== '') continue;
    const mount = join(root, 'sys/fs/cgroup', isOne ? controller : '');
    // In a container, the path is often the host's, and what is mounted is the group itself.
    for (let group = join(mount, path); group.startsWith(mount); group = join(group, '..')) {
      const limit = read((name) => textOf(join(group, name)).trim().split(' ').map(Number.parseFloat));
      if (limit > 0) least = Math.min(least, limit);
    }
  }
  return least;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @returns how many CPUs this process may use, as 0.5; Infinity where there is no quota */
export function cpuQuota(root = '/'): number {
  const ratio = ([quota = NaN, period = NaN]: number[]) => quota / period;
  return Math.min(
    leastLimit('cpu', (file) => ratio(file('cpu.max')), root),
    leastLimit('cpu', (file) => ratio([...file('cpu.cfs_quota_us'), ...file('cpu.cfs_period_us')]), root),
  );
}

/** @returns how much memory this process and its group may use, in bytes; Infinity where there is no limit */
export function memoryLimit(root = '/'): number {
  const least = Math.min(
    leastLimit('memory', (file) => file('memory.max')[0] ?? NaN, root),
    leastLimit('memory', (file) => file('memory.limit_in_bytes')[0] ?? NaN, root),
  );
  // Version 1 says "none" by a number close to 2^63.
  return least < totalmem() ? least : Infinity;
}

/** @returns how many processes and threads this process's group may have; Infinity where there is no limit */
export function pidsLimit(root = '/'): number {
  return leastLimit('pids', (file) => file('pids.max')[0] ?? NaN, root);
}

/**
 * @param limit - of memory, in bytes
 * @returns one worker for each CPU that this process may use, a part of one counted as one; fewer where memory is short
 */
export function workersFor(cpus = availableParallelism(), quota = cpuQuota(), limit = memoryLimit()): number {
  const fitting = Math.floor((limit / 1024 ** 2 - BESIDE_HEAP_MB) / (BESIDE_HEAP_MB + FAIR_HEAP_MB));
  return Math.max(1, Math.min(cpus, Math.ceil(quota), fitting));
}

/**
 * Divides a memory limit among the workers, so that a leak ends in one worker's own heap limit before the kernel ends
 * whichever process it picks.
 * @param workers - how many share it; the primary takes its part, too
 * @param limit - in bytes
 * @returns each worker's heap in MB, for --max-old-space-size; undefined where memory is not limited
 */
export function heapFor(workers: number, limit = memoryLimit()): number | undefined {
  if (limit === Infinity) return undefined;
  const share = (limit / 1024 ** 2 - BESIDE_HEAP_MB * (workers + 1)) / workers;
  return Math.max(MIN_HEAP_MB, Math.floor(share));
}

/** @returns whether a memory limit is too small for so many workers, whatever their heaps */
export function isTight(workers: number, limit = memoryLimit()): boolean {
  return limit / 1024 ** 2 < MIN_HEAP_MB * workers + BESIDE_HEAP_MB * (workers + 1);
}

/** @returns whether so few processes and threads are too few: beside the workers for primary, health check and a reload */
export function isShortOfPids(workers: number, limit = pidsLimit()): boolean {
  return limit < PIDS_OF_PROCESS * (workers + 3);
}

/** @returns what makes Node.js keep to heapFor(), as its own options; none where somebody has set a heap already */
export function heapLimit(workers: number): string[] {
  const isSet = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => /max.old.space.size/.test(text));
  const heap = heapFor(workers);
  return isSet || heap === undefined ? [] : [`--max-old-space-size=${String(heap)}`];
}
