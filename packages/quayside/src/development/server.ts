// Entry of the development server: it holds the port, and has workers serve what is behind it as the code changes.
import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { createConnections } from './connections';
import { startWorkers, type Reloader } from './reload';
import { watch } from './watch';
import { configOrExit, type Config } from '../settings/config';
import { exitUnstarted, reasonOf } from '../process/failure';
import { listen } from '../process/listen';
import { createLog } from '../process/log';

const config = configOrExit();
const log = createLog(config);
const connections = createConnections();
let workers: Reloader | undefined;
let types: ChildProcess | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // cmd.sh has set one, for the time until now. Were there none for a moment, a signal that has come would be lost.
  const early = process.listeners(signal);
  process.on(signal, stop);
  for (const listener of early) process.off(signal, listener);
}
void start(config);

async function start({ HOST: host, PORT: port, WATCH_POLL: poll }: Config) {
  try {
    await listen(connections.server, { host, port, variable: 'PORT' });
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
  log.info({ host, port }, 'listening');
  workers = startWorkers(connections, log, () => {
    types ??= checkTypes();
  });
  watch({ poll, log }, workers.reload);
}

function stop() {
  types?.kill();
  void Promise.resolve(workers?.stop()).then(() => process.exit());
}

/** Starts the process that checks types; whatever else wants the CPU goes first. */
function checkTypes() {
  const child = fork(resolve('app/development/types.ts'), { execArgv: ['-r', 'ts-node/register/transpile-only'] });
  if (child.pid !== undefined) setPriority(child.pid, 10);
  // The next reload starts it anew.
  for (const event of ['error', 'exit']) child.once(event, () => (types = undefined));
  return child;
}
