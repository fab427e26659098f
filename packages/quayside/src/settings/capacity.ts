// How many workers to run, and how much heap each gets, by the limits of this process's control groups or the machine.
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

/** Memory of a Node.js process outside its old generation: code, young generation, stacks, buffers; in MB, as measured. */
const BESIDE_HEAP_MB = 64;
/** Threads of a Node.js process: the main thread, six of V8 and Node, and four of libuv once needed; as measured. */
const PIDS_OF_PROCESS = 11;
/** The heap that even an empty service needs, in MB. */
const MIN_HEAP_MB = 32;
/** The default number of workers leaves each at least this much heap, in MB. */
const FAIR_HEAP_MB = 64;

/**
 * Reads a limit in every control group from this process's own up to the root; all of them apply.
 * Node.js reads them too, but misses a CPU quota of version 1. See https://docs.kernel.org/admin-guide/cgroup-v2.html
 * and https://docs.kernel.org/admin-guide/cgroup-v1/
 * @param controller - its name in version 1
 * @param read - given a reader of the group's files, returns its limit; a missing file reads as NaN
 * @param root - of the file system
 * @returns the lowest limit; Infinity if there is none
 */
function leastLimit(controller: string, read: (file: (name: string) => number[]) => number, root: string): number {
  let least = Infinity;
  for (const line of textOf(join(root, 'proc/self/cgroup')).split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isOne = controllers.split(',').includes(controller);
    if (!isOne && controllers !== '') continue;
    const mount = join(root, 'sys/fs/cgroup', isOne ? controller : '');
    // In a container, the path is often the host's, while the group itself is mounted.
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

/** @returns how many CPUs this process may use, such as 0.5; Infinity if there is no quota */
export function cpuQuota(root = '/'): number {
  const ratio = ([quota = NaN, period = NaN]: number[]) => quota / period;
  return Math.min(
    leastLimit('cpu', (file) => ratio(file('cpu.max')), root),
    leastLimit('cpu', (file) => ratio([...file('cpu.cfs_quota_us'), ...file('cpu.cfs_period_us')]), root),
  );
}

/** @returns how much memory this process and its group may use, in bytes; Infinity if there is no limit */
export function memoryLimit(root = '/'): number {
  const least = Math.min(
    leastLimit('memory', (file) => file('memory.max')[0] ?? NaN, root),
    leastLimit('memory', (file) => file('memory.limit_in_bytes')[0] ?? NaN, root),
  );
  // Version 1 expresses "no limit" as a number close to 2^63.
  return least < totalmem() ? least : Infinity;
}

/** @returns how many processes and threads this process's group may have; Infinity if there is no limit */
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

/** @returns whether a memory limit is too small for that many workers, even with the smallest heaps */
export function isTight(workers: number, limit = memoryLimit()): boolean {
  return limit / 1024 ** 2 < MIN_HEAP_MB * workers + BESIDE_HEAP_MB * (workers + 1);
}

/** @returns whether the limit is too low for the workers, the primary, a health check and a reload */
export function isShortOfPids(workers: number, limit = pidsLimit()): boolean {
  return limit < PIDS_OF_PROCESS * (workers + 3);
}

/**
 * @returns Node.js options for minor garbage collections. V8 spreads each over several threads, which on a single CPU only
 *   keep each other waiting. And it takes what a closed connection leaves for data that stays: see docs/architecture.md
 */
export function collectionOptions(cpus = availableParallelism()): string[] {
  return ['--no-allocation-site-pretenuring', ...(cpus === 1 ? ['--no-parallel-scavenge'] : [])];
}

/** @returns Node.js options that limit the heap to heapFor(); none if the heap size is already set */
export function heapLimit(workers: number): string[] {
  const isSet = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => /max.old.space.size/.test(text));
  const heap = heapFor(workers);
  return isSet || heap === undefined ? [] : [`--max-old-space-size=${String(heap)}`];
}
