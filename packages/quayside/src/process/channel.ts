// The IPC channel between a worker and its primary. The service in the worker may send its own messages over it.

/** Captured before the service is loaded, which may replace it. */
const send = process.send?.bind(process);

/**
 * Sends a message from a worker to its primary, in an envelope that distinguishes it from the service's messages.
 * @param then - called when it is sent, or cannot be
 */
export function tellPrimary(message: object, then: () => void = () => undefined): void {
  send?.({ quayside: message }, undefined, {}, then);
}

/**
 * Takes a worker's message out of its envelope.
 * @param received - anything: the service's messages arrive the same way
 * @returns undefined if it is not the worker's
 */
export function messageOf(received: unknown): object | undefined {
  const { quayside } = (received ?? {}) as { quayside?: unknown };
  return typeof quayside === 'object' && quayside !== null ? quayside : undefined;
}

/** Restores process.send(): Node's cluster also uses it, to start and stop listening. */
export function restoreSend(): void {
  if (send !== undefined) process.send = send;
}

/** Makes process.removeAllListeners() spare the current listeners: a service that calls it means its own. */
export function keepListeners(): void {
  const kept = new Map(process.eventNames().map((event) => [event, process.rawListeners(event)]));
  process.removeAllListeners = (event?: string | symbol) => {
    for (const name of event === undefined ? process.eventNames() : [event]) {
      const added = process.rawListeners(name).filter((listener) => kept.get(name)?.includes(listener) !== true);
      for (const listener of added) process.removeListener(name, listener as () => void);
    }
    return process;
  };
}
