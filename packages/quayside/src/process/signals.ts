// Signals, from a process's first moment on: as PID 1, it is not sent one that it does not handle.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/**
 * A second signal within this long is the first one again, in ms: Ctrl-C reaches the whole process group, and npm and
 * timeout(1) pass it on besides.
 */
export const SAME_SIGNAL_MS = 200;

const exit = () => process.exit();
const ignore = () => undefined;

/**
 * Has signals end this process with exit code 0, until handleSignals() is called.
 * @param ignored - those that are dropped instead
 */
export function handleEarlySignals(ignored: readonly string[] = []): void {
  for (const signal of SIGNALS) process.on(signal, ignored.includes(signal) ? ignore : exit);
}

/** Has a function handle signals, in place of what handleEarlySignals() has set. */
export function handleSignals(signals: readonly Signal[], handle: (signal: Signal) => void): void {
  for (const signal of signals) {
    // First the new one: were there none for a moment, a signal that has come would be lost.
    process.on(signal, handle);
    process.off(signal, exit).off(signal, ignore);
  }
}

/** Has a worker ignore what Ctrl-C and a closing terminal send to the whole process group: only the primary acts on it. */
export function ignoreSignals(): void {
  for (const signal of SIGNALS) process.on(signal, ignore);
}
