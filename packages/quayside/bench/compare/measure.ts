// How it is measured: windows of load, in rounds.
import { usageOf } from './engine';
import type { LoadTool, Workload } from './load';
import type { Measured, Window } from './results';
import type { Options } from './options';
import type { Answer, Stack, Started } from './stacks';

/** For requests as fast as they are answered. */
export const CONNECTIONS = 64;

/** One run of the benchmark. */
export class Bench {
  constructor(
    readonly options: Options,
    readonly tool: LoadTool,
  ) {}

  /** Loads a server for so many seconds, a window by default, and measures what that took. */
  async windowOf({ server, load }: Started, workload: Workload, seconds = this.options.seconds): Promise<Window> {
    const before = await usageOf(server);
    const result = this.tool.run(load, workload, seconds);
    const after = await usageOf(server);
    return {
      rate: result.requests / result.seconds,
      cost: (after.cpu - before.cpu) / result.requests,
      errors: result.errors,
      memory: after.memory,
    };
  }

  /**
   * Measures all in turn, in as many rounds as asked for, each begun by another.
   * @param warmUps - rounds before them, which are dropped
   * @returns for each item, what each round measured
   */
  async inRounds<Item, Value>(
    items: Item[],
    measure: (item: Item) => Promise<Value> | Value,
    rounds = this.options.rounds,
    warmUps = 1,
  ): Promise<Value[][]> {
    const values = new Map(items.map((item) => [item, [] as Value[]]));
    for (let round = -warmUps; round < rounds; round += 1) {
      const first = Math.max(round, 0) % items.length;
      for (const item of [...items.slice(first), ...items.slice(0, first)]) {
        const value = await measure(item);
        if (round >= 0) values.get(item)?.push(value);
      }
    }
    return [...values.values()];
  }
}

/**
 * One part of the benchmark. It starts the servers that it needs, and stops them.
 * @param answers - what identidock answers, for the limit to write
 */
export type Comparison = (bench: Bench, answers: Answer[], stacks: Stack[]) => Promise<Measured>;

/** Tells whoever waits what is being done. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
