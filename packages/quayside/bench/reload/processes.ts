// The processes of a loop, with their CPU time and memory.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
/** How often CPU time is read, in ms. */
const LOOK_MS = 100;
/** CPU time that an idle loop may take, in ms: its timers keep running. */
const STILL_CPU_MS = 2 * TICK_MS;
/** How long to wait for a loop to become idle, in ms. */
const PATIENCE_MS = 60_000;

interface Process {
  pid: number;
  parent: number;
  /** utime and stime, in ms. */
  cpu: number;
}

/** @returns a file of a process in /proc; undefined if the process has ended or may not be read */
function read(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** @returns the content of /proc/PID/stat; undefined if there is none */
export function parseStat(pid: number, stat: string | undefined): Process | undefined {
  if (stat === undefined) return undefined;
  // The fields from the third on: the second, a name in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, parent: Number(fields[1]), cpu: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}

/** @returns a process and its descendants, each after its parent; empty if it does not run on this machine */
export function treeOf(root: number): Process[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const all = pids.map((pid) => parseStat(pid, read(pid, 'stat'))).filter((process) => process !== undefined);
  const found = all.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

/** Waits until a process and its descendants have used hardly any CPU time for some time, in ms. */
export async function still(root: number, forMs: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let since = performance.now();
  let before = treeOf(root);
  while (performance.now() - since < forMs) {
    if (performance.now() > deadline) throw new Error(`process ${String(root)} was never still`);
    await pause(LOOK_MS);
    const now = treeOf(root);
    if (isSame(before, now)) continue;
    before = now;
    since = performance.now();
  }
}

function isSame(before: Process[], now: Process[]): boolean {
  const cpu = (processes: Process[]) => processes.reduce((sum, process) => sum + process.cpu, 0);
  const pids = (processes: Process[]) => processes.map(({ pid }) => pid).join();
  return pids(before) === pids(now) && cpu(now) - cpu(before) <= STILL_CPU_MS;
}

/** The memory of a process, in MB. */
export interface Memory {
  role: string;
  pss: number;
}

/**
 * Reads the proportional set sizes of a process and its descendants: pages that several processes share are divided among
 * them.
 * @returns undefined if they may not be read, or do not run on this machine
 */
export function memoryOf(root: number): Memory[] | undefined {
  const memories: Memory[] = [];
  for (const { pid } of treeOf(root)) {
    const pss = /^Pss: +(\d+) kB$/m.exec(read(pid, 'smaps_rollup') ?? '')?.[1];
    if (pss === undefined) return undefined;
    memories.push({ role: roleOf(read(pid, 'cmdline') ?? ''), pss: (Number(pss) * 1024) / 1e6 });
  }
  return memories.length === 0 ? undefined : memories;
}

/** Node.js options that take the next argument. */
const TAKING = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader']);

/**
 * @param cmdline - from /proc/PID/cmdline
 * @returns the name of the file that Node.js runs; for any other process, that of its executable
 */
export function roleOf(cmdline: string): string {
  const [executable = '', ...args] = cmdline.split('\0').slice(0, -1);
  if (basename(executable) !== 'node') return basename(executable);
  const file = args.find((word, index) => !word.startsWith('-') && !TAKING.has(args[index - 1] ?? ''));
  return basename(file ?? executable);
}
