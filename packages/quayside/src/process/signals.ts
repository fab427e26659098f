// Signal handling from a process's first moment: as PID 1, it does not receive signals that it does not handle.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/**
 * A second signal within this time counts as the first one, in ms: Ctrl-C reaches the whole process group, and npm and
 * timeout(1) forward it as well.
 */
export const SAME_SIGNAL_MS = 200;

const exit = () => process.exit();
const ignore = () => undefined;

/**
 * Makes signals exit this process with code 0, until handleSignals() is called.
 * @param ignored - signals to ignore instead
 */
export function handleEarlySignals(ignored: readonly string[] = []): void {
  for (const signal of SIGNALS) process.on(signal, ignored.includes(signal) ? ignore : exit);
}

/** Handles signals with a function, instead of the handlers of handleEarlySignals(). */
export function handleSignals(signals: readonly Signal[], handle: (signal: Signal) => void): void {
  for (const signal of signals) {
    // The new handler first: without any for a moment, a signal could be lost.
    process.on(signal, handle);
    process.off(signal, exit).off(signal, ignore);
  }
}

/** Makes a worker ignore what Ctrl-C and a closing terminal send to the process group: only the primary acts on it. */
export function ignoreSignals(): void {
  for (const signal of SIGNALS) process.on(signal, ignore);
}
