// nodemon, which watches the project's files and tells of a change; what a change restarts is not its own.
import { dirname, relative } from 'node:path';
import type Nodemon from 'nodemon';
import type { Logger } from '../process/log';
import { Changes } from './changes';
import { requireOf } from './peers';

/** What nodemon says, in these words alone, when no change escapes it any more. */
const READY = /^watching \d+ files?$/;

/** What nodemon does not take literally in the path of the project, and in that of the folder below it. */
const PATTERN = /[[\]{}]/;
const FOLDER_PATTERN = /[[\]{}*#]|^!/;

export interface WatchOptions {
  /** Looks at the files again and again, for mounts that give no events. */
  poll: boolean;
  log: Logger;
  /** Of the service, absolute. */
  file: string;
  /** nodemon's. */
  settings: object;
}

/**
 * Starts to watch.
 * @param onChange - called when it watches, when files have changed, and when somebody enters nodemon's `rs`; with the
 *   files that have changed, relative to the working directory
 */
export function watch({ poll, log, file, settings }: WatchOptions, onChange: (files: string[]) => void): void {
  warnOfPatterns(relative('.', dirname(file)), log);
  const nodemon = requireOf(file)('nodemon') as typeof Nodemon;
  const changes = new Changes();
  // It wants to run something at each change: this is the shell's word for nothing.
  const fixed = { exec: ':', runOnChangeOnly: true, legacyWatch: poll, verbose: true };
  nodemon({ ...settings, ...fixed } as unknown as Parameters<typeof nodemon>[0])
    .on('restart', () => {
      // By then, what it has said of the change has been heard, too.
      process.nextTick(() => {
        onChange(changes.take());
      });
    })
    .on('log', ({ type, message }) => {
      if (type === 'error' || type === 'fail') log.error(message);
      else if (type === 'detail' && READY.test(message)) onChange([]);
      else if (type === 'detail') changes.hear(message);
    });
}

function warnOfPatterns(folder: string, log: Logger): void {
  const warn = (what: string) => {
    log.warn(`no change will be seen: nodemon takes ${what} for a pattern. Rename that folder`);
  };
  if (PATTERN.test(process.cwd())) warn(`the brackets in ${process.cwd()}`);
  else if (FOLDER_PATTERN.test(folder)) warn(folder);
}
