// Memory of a loop that is idle after a reload.
import { say } from '../compare/measure';
import { startLoop, type LoopName } from './loops';
import type { Place } from './options';
import { memoryOf, still, type Memory } from './processes';
import type { Service } from './services';

export const RELOADS = 3;
const STILL_MS = 2000;

export interface MemoryOfLoop {
  name: LoopName;
  /** In MB, after each reload. */
  totals: number[];
  /** Those of the median total. */
  processes: Memory[];
}

/**
 * Measures a loop while no other runs, because they would share pages.
 * @returns undefined if this user may not read it
 */
export async function measureMemory(name: LoopName, service: Service, place: Place): Promise<MemoryOfLoop | undefined> {
  say(`${service.title}, ${place}: memory of ${name}`);
  const loop = await startLoop(name, service, place);
  const readings: (Memory[] | undefined)[] = [];
  for (let reload = 0; reload < RELOADS; reload += 1) {
    await loop.save();
    await still(loop.pid, STILL_MS);
    readings.push(memoryOf(loop.pid));
  }
  await loop.end();
  const read = readings.filter((memories) => memories !== undefined).sort((a, b) => totalOf(a) - totalOf(b));
  const processes = read[Math.floor(RELOADS / 2)];
  return processes && { name, totals: read.map(totalOf), processes };
}

function totalOf(memories: Memory[]): number {
  return memories.reduce((sum, { pss }) => sum + pss, 0);
}
