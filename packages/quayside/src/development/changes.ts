// Which files have changed, by what nodemon says, and how a line of the log names them.
import { existsSync } from 'node:fs';

/**
 * nodemon's words for a file that has changed, and for how many of what it has just named concern it. Its event names only
 * the last of several files.
 */
const CHANGED = /^files triggering change check: ([^]+)$/;
const CONCERNED = /^changes after filters \(before\/after\): \d+\/(\d+)$/;

/** The files of a change. */
export class Changes {
  private readonly files: string[] = [];
  /** What nodemon has named, and may not be concerned with. */
  private named = '';

  /** Hears what nodemon says in detail. */
  hear(message: string): void {
    this.named = CHANGED.exec(message)?.[1] ?? this.named;
    if (Number(CONCERNED.exec(message)?.[1] ?? 0) > 0) this.files.push(this.named);
  }

  /** How many files have changed since the last time. */
  get count(): number {
    return this.files.length;
  }

  /** @returns the files that have changed since the last time, relative to the working directory */
  take(): string[] {
    return this.files.splice(0);
  }
}

/**
 * Says which files have changed: the first of them, and how many more there are. Those that are gone count only where no
 * other has changed: many an editor writes a file beside the one that it saves, and removes it or renames it.
 * @returns what a line of the log ends in; nothing where there are no files
 */
export function namesOf(files: ReadonlySet<string>): string {
  const there = [...files].filter((file) => existsSync(file));
  const [first, ...more] = there.length > 0 ? there : files;
  if (first === undefined) return '';
  return `: ${first}${more.length > 0 ? ` and ${String(more.length)} more` : ''}`;
}
