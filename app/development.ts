// Entry of the development server: one process, run by nodemon and ts-node.
import { createApp } from './identidock';
import { configOrExit } from './server/config';
import { createServer } from './server/http';
import { listen } from './server/listen';
import { createLog } from './server/log';

// nodemon's end, however it came about, is ours.
process.once('disconnect', () => process.exit());

const config = configOrExit();
const log = createLog(config);
const { host, port } = config;

listen(createServer(createApp(), { log, showTraces: true }), { host, port, variable: 'PORT' }).then(
  () => {
    log.info({ host, port }, 'ready');
  },
  (error: unknown) => {
    log.fatal(`the server could not start: ${(error as Error).message}`);
    process.exit(1);
  },
);
