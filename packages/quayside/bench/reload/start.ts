// The time from the command to the first response.
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../../harness/ports';
import { root } from '../../harness/paths';
import { say } from '../compare/measure';
import { untilServed } from './client';
import { compose, composeArgs, composeEnv } from './images';
import type { Place } from './options';
import { writeServiceProject } from './project';
import { startOnHost, type Server } from './servers';
import type { Service } from './services';
import { atExit } from './undo';

export const STARTS = 10;
/** Pause between the end of one and the start of the next, in ms. */
const REST_MS = 1000;

export interface Starts {
  command: string;
  /** Of each, in ms. */
  times: number[];
}

/** Starts each command several times, in turn. */
export async function measureStarts(service: Service, place: Place): Promise<Starts[]> {
  say(`${service.title}, ${place}: first starts`);
  if (place === 'container') return inTurn({ 'docker compose up': composeUp });
  const { dir, remove } = writeServiceProject(service);
  const starts = await inTurn({
    'npm run dev': () => npmRun('dev', dir),
    'npm run dev:tsx': () => npmRun('dev:tsx', dir),
  });
  remove();
  return starts;
}

/** The first start of each is a warm-up, and is not counted. */
async function inTurn(commands: Record<string, () => Promise<number>>): Promise<Starts[]> {
  const starts = Object.keys(commands).map((command): Starts => ({ command, times: [] }));
  for (let round = 0; round <= STARTS; round += 1) {
    for (const [index, start] of Object.values(commands).entries()) {
      await pause(REST_MS);
      const ms = await start();
      if (round > 0) starts[index]?.times.push(ms);
    }
  }
  return starts;
}

async function npmRun(script: string, dir: string): Promise<number> {
  const [port, inspectPort] = (await freePorts(2)) as [number, number];
  const env = { PORT: String(port), INSPECT_PORT: String(inspectPort), HOME: process.env.HOME };
  return timeOf(() => startOnHost(['npm', 'run', script], dir, port, env));
}

/** Of an image that is built. */
async function composeUp(): Promise<number> {
  const [port, inspectPort] = (await freePorts(2)) as [number, number];
  const env = { ...composeEnv(), PUBLISH_DEV_PORT: String(port), PUBLISH_INSPECT_PORT: String(inspectPort) };
  const down = atExit(() => {
    compose(['down', '--timeout', '1']);
  });
  const ms = await timeOf(() => startOnHost(['docker', ...composeArgs(['up', '--no-build'])], root, port, env));
  down();
  return ms;
}

/** Starts a server and ends it again. @returns how long it took to serve, in ms */
async function timeOf(start: () => Server): Promise<number> {
  const since = performance.now();
  const server = start();
  await untilServed(server);
  const ms = performance.now() - since;
  await server.end();
  return ms;
}
