// The benchmark's command line options.
import { parseArgs } from 'node:util';

export const PLACES = ['host', 'container'] as const;
export const SIZES = ['small', 'large'] as const;
export const PARTS = ['steps', 'pace', 'memory', 'start'] as const;

export type Place = (typeof PLACES)[number];
export type Size = (typeof SIZES)[number];
export type Part = (typeof PARTS)[number];

export interface Options {
  /** Number of saves counted for each loop at each pace. */
  saves: number;
  /** Pauses after each response, in s; undefined: those of each size. */
  paces: number[] | undefined;
  places: readonly Place[];
  sizes: readonly Size[];
  parts: readonly Part[];
}

const SAVES = 30;

/**
 * Reads the options. Without any, everything is measured.
 * @param args - the part of process.argv after the script
 * @throws Error that names the option and what is expected
 */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'boolean', default: false },
      container: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      saves: { type: 'string', default: String(SAVES) },
      paces: { type: 'string' },
      only: { type: 'string', default: PARTS.join(',') },
    },
  });
  return {
    saves: readSaves(values.saves),
    paces: values.paces === undefined ? undefined : readPaces(values.paces),
    places: chosen(PLACES, values),
    sizes: chosen(SIZES, values),
    parts: readParts(values.only),
  };
}

/** @returns those whose flag is set; all if none is */
function chosen<Name extends string>(names: readonly Name[], flags: Record<Name, boolean>): readonly Name[] {
  const set = names.filter((name) => flags[name]);
  return set.length === 0 ? names : set;
}

function readSaves(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new Error(`--saves=${text}: expected a whole number from 1 to 999`);
  return Number(text);
}

function readPaces(text: string): number[] {
  const isPace = (word: string) => /^\d{1,2}(\.\d{1,3})?$/.test(word);
  if (!text.split(',').every(isPace))
    throw new Error(`--paces=${text}: expected seconds from 0 to 99.999, such as 0.2,1`);
  return text.split(',').map(Number);
}

function readParts(text: string): Part[] {
  const words = text.split(',');
  const unknown = words.find((word) => !(PARTS as readonly string[]).includes(word));
  if (unknown !== undefined) throw new Error(`--only=${unknown}: expected some of ${PARTS.join(',')}`);
  return PARTS.filter((part) => words.includes(part));
}
