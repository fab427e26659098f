// Entry of the production server: this process is the primary, or one of the workers that it forks.
import cluster from 'node:cluster';
import { configOrExit } from '../settings/config';
import { startPrimary } from '../primary/primary';
import { startWorker } from '../worker/worker';

const config = configOrExit();

if (cluster.isPrimary) {
  void startPrimary(config);
} else {
  // Loaded here, not above: the primary has no use for the service and what it brings in.
  void startWorker(config, async () => (await import('../../../../app/identidock.js')).createApp());
}
