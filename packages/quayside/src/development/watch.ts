// nodemon, which watches the project's files and tells of a change; what a change restarts is not its own.
import { dirname, relative } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type Nodemon from 'nodemon';
import type { Logger } from '../process/log';
import { Changes } from './changes';
import { requireOf } from './peers';

/** What nodemon says, in these words alone, when no change escapes it any more. */
const READY = /^watching \d+ files?$/;

/** What nodemon does not take literally in the path of the project, and in that of the folder below it. */
const PATTERN = /[[\]{}]/;
const FOLDER_PATTERN = /[[\]{}*#]|^!/;

/** So many turns of the event loop a change takes from the system to nodemon's words, by way of the file; and some. */
const TURNS = 10;
/** How long each of them takes at least where there is more than one file, in ms. */
const PAUSE_MS = 5;

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
 * Hears of what has changed at the same time: where the CPU is busy, nodemon's delay is over while some of it waits to be
 * read. Where there is more than one file, it takes longer until all are heard of.
 * @returns whether that was all; if not, nodemon restarts again
 */
async function restOf(changes: Changes): Promise<boolean> {
  // Without a delay, nodemon restarts before it names the file.
  await turn();
  const { count } = changes;
  for (let turns = 0; turns < TURNS && changes.count === count; turns += 1) {
    // Not one long pause: in each of them, what waits is read, however little of the CPU there is.
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
