// Where the plain loop's time goes: the steps of one of its processes after its start, measured separately.
import { execFileSync } from 'node:child_process';
import { root } from '../../harness/paths';
import { median } from '../compare/statistics';

export const ROUNDS = 20;

const bare = ['-e', '0'];
const transpileOnly = ['-r', 'ts-node/register/transpile-only', '-e', "require('./app/identidock.ts')"];

/** Node.js's arguments, and those whose time is subtracted. */
const steps = {
  'nodemon looks up the processes': [['-e', "require('pstree.remy')(process.pid, () => {})"], bare],
  'Node.js starts': [bare],
  'ts-node and TypeScript are loaded': [['-r', 'ts-node/register/transpile-only', ...bare], bare],
  'the types are checked': [transpileOnly.with(1, 'ts-node/register'), transpileOnly],
  'Express is loaded': [['-e', "require('express')"], bare],
} satisfies Record<string, [string[]] | [string[], string[]]>;

/** @returns for each step, its median in ms */
export function timeSteps(): [string, number][] {
  return Object.entries<string[][]>(steps).map(([name, [args = [], without]]) => {
    const times = Array.from({ length: ROUNDS }, () => time(args) - (without === undefined ? 0 : time(without)));
    return [name, median(times)];
  });
}

function time(args: string[]): number {
  const since = performance.now();
  execFileSync('node', args, { cwd: root, stdio: 'ignore' });
  return performance.now() - since;
}
