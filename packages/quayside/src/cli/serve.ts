// quayside serve: this process is the primary.
import { startPrimary } from '../primary/primary';
import { settingsOrExit } from './settings';

/** Runs the production server of a file. */
export async function serve(file: string): Promise<void> {
  void startPrimary(await settingsOrExit(file), file);
}
