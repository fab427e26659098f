// What a run leaves behind unless it is undone, also when the run is interrupted.

const pending = new Set<() => void>();

/**
 * Has something undone when this process exits.
 * @returns what undoes it before that
 */
export function atExit(undo: () => void): () => void {
  pending.add(undo);
  return () => {
    if (pending.delete(undo)) undo();
  };
}

/** Has exits, and signals that ask for one, undo what is left. */
export function undoAtExit(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    // The latest first: a folder goes after what uses it.
    for (const undo of [...pending].reverse()) undo();
  });
}
