// How long it takes to serve a save, by loop and pace.
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../compare/measure';
import { startLoop, type LoopName, type Save, type StartedLoop } from './loops';
import type { Place } from './options';
import { still } from './processes';
import type { Service } from './services';

/** Number of consecutive saves before the next loop's turn. */
const BLOCK = 10;
/** How long a loop must be idle before the next loop's turn, in ms. */
const STILL_MS = 1000;
/** The pace at which the slow loop is measured, in s. */
const SLOW_PACE = 1.5;

/** The result of a loop at a pace. */
export interface Paced {
  /** Pause between a response and the next save, in s. */
  pace: number;
  name: LoopName;
  saves: Save[];
}

/**
 * Measures the loops in turn, so the machine's other work slows all of them.
 * @param saves - number of saves counted for each loop at each pace
 */
export async function measurePaces(service: Service, place: Place, paces: number[], saves: number): Promise<Paced[]> {
  const names: LoopName[] = ['quayside', 'tsx watch'];
  if (paces.includes(SLOW_PACE)) names.push('nodemon and ts-node');
  const started: StartedLoop[] = [];
  for (const name of names) started.push(await startLoop(name, service, place));

  const measured: Paced[] = [];
  for (const pace of paces) {
    say(`${service.title}, ${place}: a save ${String(pace)} s after each answer`);
    const taking = started.filter(({ name }) => name !== 'nodemon and ts-node' || pace === SLOW_PACE);
    measured.push(...(await measurePace(taking, pace, saves)));
  }
  for (const loop of started) await loop.end();
  return measured;
}

async function measurePace(loops: StartedLoop[], pace: number, count: number): Promise<Paced[]> {
  const measured = loops.map(({ name }): Paced => ({ pace, name, saves: [] }));
  for (let done = 0; done < count; done += BLOCK) {
    for (const [index, loop] of loops.entries()) {
      // The first one starts from rest, whatever the pause, and is not counted.
      await loop.save();
      for (let n = done; n < Math.min(done + BLOCK, count); n += 1) {
        await pause(pace * 1000);
        measured[index]?.saves.push(await loop.save());
      }
      await still(loop.pid, STILL_MS);
    }
  }
  return measured;
}
