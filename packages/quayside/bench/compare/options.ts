// What the benchmark was asked for on the command line.
import { parseArgs } from 'node:util';
import type { Stack } from './stacks';

export interface Options {
  rounds: number;
  /** Of one window of load. */
  seconds: number;
  /** The keys of the stacks that are compared. */
  only: string[];
  /** Where the page and the plot go; undefined: nowhere. */
  out: string | undefined;
  /** Nothing is left out or shortened. */
  isWhole: boolean;
}

const ROUNDS = 5;
const SECONDS = 3;

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
      only: { type: 'string', default: keys.join(',') },
      out: { type: 'string' },
    },
  });
  const whole = (name: 'rounds' | 'seconds') => {
    const text = values[name];
    if (!/^[1-9]\d{0,2}$/.test(text)) throw new Error(`--${name}=${text}: expected a whole number from 1 to 999`);
    return Number(text);
  };
  const only = values.only.split(',');
  const unknown = only.find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new Error(`--only=${unknown}: expected some of ${keys.join(',')}`);
  const [rounds, seconds] = [whole('rounds'), whole('seconds')];
  const isWhole = keys.every((key) => only.includes(key));
  const isShort = !isWhole || rounds < ROUNDS || seconds < SECONDS;
  return { rounds, seconds, only, out: values.out ?? (isShort ? undefined : 'docs'), isWhole };
}
