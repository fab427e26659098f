// nodemon, which watches the files that nodemon.json names and tells of a change; what a change restarts is not its own.
import nodemon from 'nodemon';
import type { Logger } from '../process/log';

/** What nodemon says, in these words alone, when no change escapes it any more. */
const READY = /^watching \d+ files?$/;

/** What nodemon does not take literally in the path of the project. */
const PATTERN = /[[\]{}]/;

/**
 * Starts to watch.
 * @param options.poll - looks at the files again and again, for mounts that give no events
 * @param onChange - called when it watches, when files have changed, and when somebody enters nodemon's `rs`
 */
export function watch({ poll, log }: { poll: boolean; log: Logger }, onChange: () => void): void {
  if (PATTERN.test(process.cwd())) {
    log.warn(
      `no change will be seen: nodemon takes the brackets in ${process.cwd()} for a pattern. Rename that folder`,
    );
  }
  // It wants to run something at each change: this is the shell's word for nothing.
  const settings = { exec: ':', runOnChangeOnly: true, legacyWatch: poll, verbose: true };
  nodemon(settings as Parameters<typeof nodemon>[0])
    .on('restart', onChange)
    .on('log', ({ type, message }) => {
      if (type === 'error' || type === 'fail') log.error(message);
      else if (type === 'detail' && READY.test(message)) onChange();
    });
}
