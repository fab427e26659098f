// The channel between a worker and its primary. The service runs in the worker too, and may use it for messages of its own.

/** Read before the service is loaded, which may put something else in its place. */
const send = process.send?.bind(process);

/**
 * Sends a message from a worker to its primary, in an envelope that tells it from the service's own.
 * @param then - called when it is sent, or cannot be
 */
export function tellPrimary(message: object, then: () => void = () => undefined): void {
  send?.({ quayside: message }, undefined, {}, then);
}

/**
 * Takes a worker's message out of its envelope.
 * @param received - anything: what the service sends comes the same way
 * @returns undefined where it is not the worker's
 */
export function messageOf(received: unknown): object | undefined {
  const { quayside } = (received ?? {}) as { quayside?: unknown };
  return typeof quayside === 'object' && quayside !== null ? quayside : undefined;
}

/** Puts process.send() back in its place: Node's cluster sends by it, too, to begin to listen and to end that. */
export function restoreSend(): void {
  if (send !== undefined) process.send = send;
}

/** Has process.removeAllListeners() leave the listeners that are there now: it is the service that calls it, for its own. */
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
