// What the benchmark was asked for on the command line.
import { parseArgs } from 'node:util';
import type { Stack } from './stacks';

/** What can be measured by itself, in the order in which it is. */
export const parts = ['stacks', 'log', 'json', 'stats', 'memory', 'latency', 'pauses', 'accept', 'growth'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  /** By which it was asked for. */
  command: string;
  rounds: number;
  /** Of one window of load. */
  seconds: number;
  parts: Part[];
  /** The keys of the stacks that are compared. */
  only: string[];
  /** Whether a process that disturbs the caches runs beside the load. */
  neighbour: boolean;
  /** Where the page and the plot go; undefined: nowhere. */
  out: string | undefined;
}

const ROUNDS = 5;
const SECONDS = 2;

/**
 * Reads the options. Where something is left out or shortened, the page goes nowhere unless --out says where.
 * @param args - as process.argv has them behind the script
 * @throws Error that names the option and what is expected
 */
export function readOptions(args: string[], stacks: Pick<Stack, 'key'>[]): Options {
  const keys = stacks.map(({ key }) => key);
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: String(ROUNDS) },
      seconds: { type: 'string', default: String(SECONDS) },
      part: { type: 'string', default: parts.join(',') },
      only: { type: 'string', default: keys.join(',') },
      neighbour: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const whole = (name: 'rounds' | 'seconds') => {
    const text = values[name];
    if (!/^[1-9]\d{0,2}$/.test(text)) throw new Error(`--${name}=${text}: expected a whole number from 1 to 999`);
    return Number(text);
  };
  const some = (name: 'part' | 'only', all: readonly string[]) => {
    const given = values[name].split(',');
    const unknown = given.find((key) => !all.includes(key));
    if (unknown !== undefined) throw new Error(`--${name}=${unknown}: expected some of ${all.join(',')}`);
    return all.filter((key) => given.includes(key));
  };
  const [rounds, seconds] = [whole('rounds'), whole('seconds')];
  const [chosen, only] = [some('part', parts) as Part[], some('only', keys)];
  const isWhole = chosen.length === parts.length && only.length === keys.length;
  const out = isWhole && rounds >= ROUNDS && seconds >= SECONDS ? 'docs' : undefined;
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  return { command, rounds, seconds, parts: chosen, only, neighbour: values.neighbour, out: values.out ?? out };
}
