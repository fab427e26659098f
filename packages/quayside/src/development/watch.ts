// nodemon, which watches the project's files and tells of a change; what a change restarts is not its own.
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type Nodemon from 'nodemon';
import type { Logger } from '../process/log';
import { requireOf } from './peers';

/** What nodemon says, in these words alone, when no change escapes it any more. */
const READY = /^watching \d+ files?$/;

/** What nodemon does not take literally in the path of the project. */
const PATTERN = /[[\]{}]/;

/** How long nodemon gathers changes, in ms. */
const DELAY_MS = 20;

/**
 * What nodemon is told unless the project's nodemon.json says otherwise: to watch all files beside the service's, but not
 * those that editors write on their way to the file itself (vim's backup and its probe 4913, JetBrains' temporary files).
 */
function defaults(file: string) {
  const folder = relative('.', dirname(file));
  return {
    watch: [folder || '.'],
    ext: '*',
    ignore: ['*~', '4913', '*___jb_*___'],
    // It would ignore folders by their names anywhere, as node_modules; only where these are inside is that needed.
    ...(folder !== '' && { ignoreRoot: [] }),
    delay: DELAY_MS,
    watchOptions: { atomic: false },
  };
}

/** @returns what the project has set for nodemon, in nodemon.json or in package.json; nodemon itself says what is wrong with it */
function ownSettings(): object {
  const read = (path: string) => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as { nodemonConfig?: object };
    } catch {
      return undefined;
    }
  };
  return read('nodemon.json') ?? read('package.json')?.nodemonConfig ?? {};
}

/**
 * Starts to watch.
 * @param options.poll - looks at the files again and again, for mounts that give no events
 * @param options.file - of the service, absolute
 * @param onChange - called when it watches, when files have changed, and when somebody enters nodemon's `rs`
 */
export function watch({ poll, log, file }: { poll: boolean; log: Logger; file: string }, onChange: () => void): void {
  if (PATTERN.test(process.cwd())) {
    log.warn(
      `no change will be seen: nodemon takes the brackets in ${process.cwd()} for a pattern. Rename that folder`,
    );
  }
  const nodemon = requireOf(file)('nodemon') as typeof Nodemon;
  // It wants to run something at each change: this is the shell's word for nothing.
  const fixed = { exec: ':', runOnChangeOnly: true, legacyWatch: poll, verbose: true };
  nodemon({ ...defaults(file), ...ownSettings(), ...fixed } as unknown as Parameters<typeof nodemon>[0])
    .on('restart', onChange)
    .on('log', ({ type, message }) => {
      if (type === 'error' || type === 'fail') log.error(message);
      else if (type === 'detail' && READY.test(message)) onChange();
    });
}
