// Entry of a worker. The primary forks it with the service's file.
import { pathToFileURL } from 'node:url';
import { createServiceOf } from '../http/service';
import { configOrExit } from '../settings/config';
import { startWorker } from './worker';

const [, , file = ''] = process.argv;

void startWorker(configOrExit('production'), async () =>
  createServiceOf((await import(pathToFileURL(file).href)) as object, file),
);
