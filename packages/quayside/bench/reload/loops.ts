// The compared loops, each started on its own project, and a save as its user sees it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../../harness/paths';
import { freePorts } from '../../harness/ports';
import { untilAnswer, untilServed } from './client';
import type { Place } from './options';
import { still } from './processes';
import { writeServiceProject } from './project';
import { startInContainer, startOnHost, type Server } from './servers';
import type { Service } from './services';

/** How long a loop must be idle to count as started, in ms. */
const STILL_MS = 1000;

export const loops = {
  quayside: ['quayside', 'dev', 'app/identidock.ts'],
  'tsx watch': ['node', 'node_modules/tsx/dist/cli.mjs', 'watch', '--clear-screen=false', 'app/plain.ts'],
  'nodemon and ts-node': [
    ...['node', 'node_modules/nodemon/bin/nodemon.js', '--no-update-notifier', '--watch', 'app', '--ext', 'ts'],
    ...['--exec', 'node', '-r', 'ts-node/register', 'app/plain.ts'],
  ],
} satisfies Record<string, string[]>;

export type LoopName = keyof typeof loops;

/** The baseline for the others. */
export const REFERENCE: LoopName = 'tsx watch';

/** One save: how long until it was served, in ms, and how many requests were refused until then. */
export interface Save {
  ms: number;
  refused: number;
}

export interface StartedLoop {
  name: LoopName;
  /** Its first process, on this machine. */
  pid: number;
  /** Saves the next edit, and waits until it is served. */
  save: () => Promise<Save>;
  end: () => Promise<void>;
}

/** Starts a loop, and waits until it serves and is idle. */
export async function startLoop(name: LoopName, service: Service, place: Place): Promise<StartedLoop> {
  const { dir, remove } = writeServiceProject(service);
  const [port] = (await freePorts(1)) as [number];
  const server = start(loops[name], place, dir, port);
  await untilServed(server);
  const pid = server.pid();
  // A loop may serve before it watches.
  await still(pid, STILL_MS);

  let saves = 0;
  return {
    name,
    pid,
    save: async () => {
      saves += 1;
      const { path, content, answer } = service.edit(saves);
      const since = performance.now();
      writeFileSync(join(dir, 'app', path), content);
      const refused = await untilAnswer(server, ({ body }) => body === answer);
      return { ms: performance.now() - since, refused };
    },
    end: async () => {
      await server.end();
      remove();
    },
  };
}

function start(command: string[], place: Place, dir: string, port: number): Server {
  const env = { PORT: String(port), INSPECT_PORT: 'off' };
  const withPath = (path: string) => command.map((word) => (word === 'quayside' ? path : word));
  return place === 'host'
    ? startOnHost(withPath(program), dir, port, { ...env, HOME: process.env.HOME })
    : startInContainer(withPath('node_modules/.bin/quayside'), join(dir, 'app'), port, env);
}
