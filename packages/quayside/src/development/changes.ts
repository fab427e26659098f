// Which files have changed, according to nodemon, and how the log names them.
import { existsSync } from 'node:fs';

/**
 * nodemon's messages for changed files, and for how many of them matter. Its restart event names only the last of several
 * files.
 */
const CHANGED = /^files triggering change check: ([^]+)$/;
const CONCERNED = /^changes after filters \(before\/after\): \d+\/(\d+)$/;

/** The files of a change. */
export class Changes {
  private readonly files: string[] = [];
  /** The files that nodemon has named last; it may turn out to ignore them. */
  private named = '';

  /** Takes nodemon's detail messages. */
  hear(message: string): void {
    this.named = CHANGED.exec(message)?.[1] ?? this.named;
    if (Number(CONCERNED.exec(message)?.[1] ?? 0) > 0) this.files.push(this.named);
  }

  /** Number of changes since the last take(). */
  get count(): number {
    return this.files.length;
  }

  /** @returns the files that have changed since the last call, relative to the working directory */
  take(): string[] {
    return this.files.splice(0);
  }
}

/**
 * Names the changed files: the first, and how many more. Deleted files count only if no others have changed: many editors
 * write a temporary file next to the saved one, and then delete or rename it.
 * @returns the end of a log line; empty if there are no files
 */
export function namesOf(files: ReadonlySet<string>): string {
  const there = [...files].filter((file) => existsSync(file));
  const [first, ...more] = there.length > 0 ? there : files;
  if (first === undefined) return '';
  return `: ${first}${more.length > 0 ? ` and ${String(more.length)} more` : ''}`;
}
