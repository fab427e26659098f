// quayside serve: this process is the primary.
import { settingsOrExit } from './settings';

/** Runs the production server of a file. */
export async function serve(file: string): Promise<void> {
  // Loaded in parallel: if the service declares its own settings, another process reads them.
  const [config, { startPrimary }] = await Promise.all([settingsOrExit(file), import('../primary/primary.js')]);
  void startPrimary(config, file);
}
