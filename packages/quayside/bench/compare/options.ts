// The benchmark's command line options.
import { parseArgs } from 'node:util';
import type { Stack } from './stacks';

/** Parts that can be measured separately, in order. */
export const parts = ['stacks', 'log', 'json', 'stats', 'memory', 'latency', 'pauses', 'accept', 'growth'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  /** The command that runs it. */
  command: string;
  rounds: number;
  /** Length of one window of load. */
  seconds: number;
  parts: Part[];
  /** The keys of the stacks that are compared. */
  only: string[];
  /** Whether a process that disturbs the caches runs next to the load generator. */
  neighbour: boolean;
  /** Folder for the page and the plot; undefined: they are not written. */
  out: string | undefined;
}

const ROUNDS = 5;
const SECONDS = 2;

/**
 * Reads the options. If anything is left out or shortened, the page is only written with --out.
 * @param args - the part of process.argv after the script
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
