// Watches the project's files with nodemon, which only reports changes and restarts nothing itself.
import { dirname, relative } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type Nodemon from 'nodemon';
import type { Logger } from '../process/log';
import { Changes } from './changes';
import { requireOf } from './peers';

/** nodemon's message, with exactly this text, once it notices all changes. */
const READY = /^watching \d+ files?$/;

/** Characters that nodemon treats as patterns: in the project's path, and in that of the folder below it. */
const PATTERN = /[[\]{}]/;
const FOLDER_PATTERN = /[[\]{}*#]|^!/;

/** Turns of the event loop that a change takes from the system to nodemon's message, with a margin. */
const TURNS = 10;
/** Minimum length of each turn if more than one file has changed, in ms. */
const PAUSE_MS = 5;

export interface WatchOptions {
  /** Whether to poll the files, for mounts that send no events. */
  poll: boolean;
  log: Logger;
  /** Of the service, absolute. */
  file: string;
  /** nodemon's. */
  settings: object;
}

/**
 * Starts watching.
 * @param onChange - called once it watches, when files have changed, and when nodemon's `rs` is entered; with the changed
 *   files, relative to the working directory
 */
export function watch({ poll, log, file, settings }: WatchOptions, onChange: (files: string[]) => void): void {
  warnOfPatterns(relative('.', dirname(file)), log);
  const nodemon = requireOf(file)('nodemon') as typeof Nodemon;
  const changes = new Changes();
  // nodemon must run something at each change: this is the shell's no-op.
  const fixed = { exec: ':', runOnChangeOnly: true, legacyWatch: poll, verbose: true };
  nodemon({ ...settings, ...fixed } as unknown as Parameters<typeof nodemon>[0])
    .on('restart', () => {
      void restOf(changes).then((isAll) => {
        if (isAll) onChange(changes.take());
      });
    })
    .on('log', ({ type, message }) => {
      if (type === 'error' || type === 'fail') log.error(message);
      else if (type === 'detail' && READY.test(message)) onChange([]);
      else if (type === 'detail') changes.hear(message);
    });
}

/**
 * Waits for other changes of the same moment: on a busy CPU, nodemon's delay may be over while some events are still
 * unread. With more than one file, it takes longer until all are known.
 * @returns whether those were all; if not, nodemon restarts again
 */
async function restOf(changes: Changes): Promise<boolean> {
  // Without a delay, nodemon restarts before it names the file.
  await turn();
  const { count } = changes;
  for (let turns = 0; turns < TURNS && changes.count === count; turns += 1) {
    // Not one long pause: each turn reads pending events, even if there is little CPU time.
    if (changes.count > 1) await pause(PAUSE_MS);
    await turn();
  }
  return changes.count === count;
}

function warnOfPatterns(folder: string, log: Logger): void {
  const warn = (what: string) => {
    log.warn(`changes will not be noticed: nodemon takes ${what} for a pattern. Rename that folder`);
  };
  if (PATTERN.test(process.cwd())) warn(`the brackets in ${process.cwd()}`);
  else if (FOLDER_PATTERN.test(folder)) warn(folder);
}
