// Undoes what a run leaves behind, even if the run is interrupted.

const pending = new Set<() => void>();

/**
 * Registers a function to call when this process exits.
 * @returns a function that calls it earlier
 */
export function atExit(undo: () => void): () => void {
  pending.add(undo);
  return () => {
    if (pending.delete(undo)) undo();
  };
}

/** Calls the registered functions at exit, and at signals that ask for one. */
export function undoAtExit(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    // The latest first: a folder is removed after what uses it.
    for (const undo of [...pending].reverse()) undo();
  });
}
