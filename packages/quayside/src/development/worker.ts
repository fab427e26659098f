// Entry of a development worker: everything but the service is loaded before the change that it will serve.
import inspector from 'node:inspector';
import type { Socket } from 'node:net';
import { Exchanges } from '../http/exchange';
import { createServiceServer } from '../http/server';
import { callHook, createServiceOf, type Service } from '../http/service';
import { endAllTaken } from '../http/upgrade';
import { keepListeners, tellPrimary } from '../process/channel';
import { exitCodeOf, reasonOf } from '../process/failure';
import { createLog, type Logger } from '../process/log';
import { ignoreSignals } from '../process/signals';
import { configOrExit, type Config } from '../settings/config';
import { checkMetrics } from '../stats/service-metrics';
import { awaitCompiler } from './compiled';
import { guardHosts } from './hosts';
import { createIntake, type Intake } from './intake';
import type { ToPrimary, ToWorker } from './messages';
import { isTypeScript, requireOf } from './peers';

const [, , file = ''] = process.argv;
const requireIt = requireOf(file);

/** How long a client has to close a WebSocket after a close frame, in ms. */
const GOODBYE_MS = 200;
/** How long close() may take if the service has failed, in ms. */
const CLOSE_MS = 1000;

const exchanges = new Exchanges();
let service: Service | undefined;
let log: Logger;
let intake: Intake | undefined;
let change: number | undefined;

const tell: (message: ToPrimary, then?: () => void) => void = tellPrimary;

ignoreSignals();
try {
  requireIt('express');
} catch {
  // The service may not need it, or reports by itself that it is missing.
}
const compiler = isTypeScript(file) ? awaitCompiler() : undefined;
tell({ type: 'ready' });

process.on('message', (message: ToWorker | null, socket?: Socket) => {
  if (message?.type === 'begin') {
    // Later, so that pending messages are handled first.
    if (change === undefined) setImmediate(() => void begin());
    change = message.change;
  } else if (message?.type === 'connection') intake?.take(message.id, socket);
  else if (message?.type === 'drain') void drain();
});
// Without the channel, which the service may have closed, it could get no connections and no message to end.
process.on('disconnect', end);

/** Serves the current code, or reports why not. */
async function begin() {
  tell({ type: 'loading', change: change ?? 0 });
  const fail = (error: unknown) => {
    process.exitCode = 1;
    setTimeout(end, CLOSE_MS);
    tell({ type: 'failed', reason: reasonOf(error), exitCode: exitCodeOf(error) }, () => void close());
  };
  // Unhandled rejections end up here too.
  process.on('uncaughtException', fail);
  keepListeners();
  try {
    const config = configOrExit('development');
    log = createLog(config);
    openInspector(config, log);
    for (const module of compiler?.register() ?? []) requireIt(module);
    service = await createServiceOf(requireIt(file) as object, file);
    if (service.metrics !== undefined) await checkMetrics(service.metrics);
    const server = await createServiceServer(service, { config, log, exchanges });
    guardHosts(server, config.ALLOWED_HOSTS);
    intake = createIntake(server, (id) => {
      tell({ type: 'begun', id });
    });
    compiler?.forget();
    tell({ type: 'serving' });
  } catch (error) {
    fail(error);
  }
}

/** Ends the worker once everything is answered and the service's close() has run. */
async function drain() {
  if (service !== undefined) {
    void callHook(service, 'drain', log);
    if (service.drain === undefined) endAllTaken(exchanges);
    setInterval(endAllTaken, GOODBYE_MS, exchanges);
  }
  await intake?.drain();
  await close();
}

async function close() {
  tell({ type: 'closing' });
  if (service !== undefined) await callHook(service, 'close', log);
  end();
}

function openInspector({ INSPECT_HOST: host, INSPECT_PORT: port }: Config, log: Logger) {
  // An editor's terminal may have opened it through NODE_OPTIONS.
  if (port === 0 || inspector.url() !== undefined) return;
  inspector.open(port, host);
  if (inspector.url() !== undefined) return;
  log.warn(`INSPECT_PORT=${String(port)} is already taken: there is no debugger. Set another, or off`);
}

function end() {
  // Otherwise the exit waits for the debugger to disconnect.
  inspector.close();
  process.exit();
}
