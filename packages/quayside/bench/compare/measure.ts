// Measures in windows of load, in rounds.
import { usageOf } from './engine';
import type { LoadTool, Workload } from './load';
import type { Measured, Window } from './results';
import type { Options } from './options';
import type { Answer, Stack, Started } from './stacks';

/** Number of connections for the maximum throughput. */
export const CONNECTIONS = 64;

/** One run of the benchmark. */
export class Bench {
  constructor(
    readonly options: Options,
    readonly tool: LoadTool,
  ) {}

  /** Loads a server for some seconds, one window by default, and measures the cost. */
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
   * Measures all items in turn, in rounds that each start with a different item.
   * @param warmUps - rounds before them, whose results are dropped
   * @returns for each item, the results of the rounds
   */
  async inRounds<Item, Value>(
    items: readonly Item[],
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
 * One part of the benchmark. It starts and stops the servers that it needs.
 * @param answers - identidock's responses, for the limit to copy
 */
export type Comparison = (bench: Bench, answers: Answer[], stacks: Stack[]) => Promise<Measured>;

/** Prints progress. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
