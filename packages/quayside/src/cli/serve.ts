// quayside serve: this process is the primary.
import { startPrimary } from '../primary/primary';
import { configOrExit } from '../settings/config';

/** Runs the production server of a file. */
export function serve(file: string): void {
  void startPrimary(configOrExit('production'), file);
}
