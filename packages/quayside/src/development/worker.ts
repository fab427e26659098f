// Entry of a worker of the development server: all but the service is loaded before the change comes that it is to serve.
import inspector from 'node:inspector';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Config } from '../settings/config';
import type { CreateApp } from '../http/server';
import type { Logger } from '../process/log';
import { createIntake, type Intake } from './intake';
import type { ToPrimary, ToWorker } from './messages';
import { keepTranspiled } from './transpiled';

/* eslint-disable @typescript-eslint/no-require-imports -- loaded at a time of our choice, and again where it has failed */
const load = () => ({
  ...(require('../settings/config') as typeof import('../settings/config')),
  ...(require('../process/log') as typeof import('../process/log')),
  ...(require('../http/server') as typeof import('../http/server')),
});
const loadReasonOf = () => (require('../process/failure') as typeof import('../process/failure')).reasonOf;
const loadExpress = () => require('express') as unknown;
const loadService = () => require('../../../../app/identidock') as { createApp: CreateApp };
/* eslint-enable */

let intake: Intake | undefined;
let change: number | undefined;

// Ctrl-C and a closing terminal reach every process of the group; only the primary decides what they mean.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const transpiled = keepTranspiled();
try {
  load();
  loadReasonOf();
  loadExpress();
} catch {
  // A file that is broken now may be mended when its turn comes.
}
void transpiled.readAhead(resolve('app')).then(() => {
  tell({ type: 'ready' });
});

process.on('message', (message: ToWorker, socket?: Socket) => {
  if (message.type === 'begin') {
    // Later, so that all messages that have come are heard first.
    if (change === undefined) setImmediate(() => void begin());
    change = message.change;
  } else if (message.type === 'connection') intake?.take(message.id, socket);
  else if (intake === undefined) end();
  else void intake.drain().then(end);
});

function tell(message: ToPrimary, then: () => void = () => undefined) {
  process.send?.(message, undefined, {}, then);
}

/** Serves the code as it is now, or says why not. */
async function begin() {
  tell({ type: 'loading', change: change ?? 0 });
  if (!transpiled.isCurrent()) {
    tell({ type: 'stale' });
    return;
  }
  let reasonOf = (error: unknown) => String(error);
  const fail = (error: unknown) => {
    process.exitCode = 1;
    tell({ type: 'failed', reason: reasonOf(error) }, end);
  };
  // Also a promise's rejection that nobody handles.
  process.on('uncaughtException', fail);
  try {
    reasonOf = loadReasonOf();
    const { configOrExit, createLog, createServer } = load();
    const config = configOrExit();
    const log = createLog(config);
    openInspector(config, log);
    const { createApp } = loadService();
    const server = createServer(await createApp(), { config, log });
    intake = createIntake(server, (id) => {
      tell({ type: 'begun', id });
    });
    tell({ type: 'serving' });
  } catch (error) {
    fail(error);
  }
}

function openInspector({ INSPECT_HOST: host, INSPECT_PORT: port }: Config, log: Logger) {
  // An editor's own terminal may have opened it, by NODE_OPTIONS.
  if (port === 0 || inspector.url() !== undefined) return;
  inspector.open(port, host);
  if (inspector.url() !== undefined) return;
  log.warn(`INSPECT_PORT=${String(port)} is already taken: there is no debugger. Set another, or off`);
}

function end() {
  // Else an exit waits for the debugger to leave.
  inspector.close();
  process.exit();
}
