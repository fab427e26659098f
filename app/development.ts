// Entry of the development server: one process, run by nodemon and ts-node.
import { createApp } from './identidock';
import { configOrExit } from './server/config';
import { exitUnstarted, reasonOf } from './server/failure';
import { createServer, type CreateApp } from './server/http/server';
import { listen } from './server/listen';
import { createLog } from './server/log';

// Without nodemon, nobody would ever restart or stop this process.
process.once('disconnect', () => process.exit());

void serve(createApp);

async function serve(create: CreateApp) {
  const config = configOrExit();
  const log = createLog(config);
  const { HOST: host, PORT: port } = config;
  try {
    await listen(createServer(await create(), { config, log }), { host, port, variable: 'PORT' });
    log.info({ host, port }, 'ready');
  } catch (error) {
    exitUnstarted(reasonOf(error));
  }
}
