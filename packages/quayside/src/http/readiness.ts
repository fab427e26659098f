// Asks the service whether it is ready for new requests.
import { asError } from '../process/failure';
import type { Logger } from '../process/log';

/** How long the service's answer is cached, in ms. */
const HOLD_MS = 1000;
/** How long ready() may take, in ms: Kubernetes' probes wait for a second. */
const LIMIT_MS = 900;

/**
 * Makes a function that calls a service's ready().
 * @param log - gets a line at each change
 * @returns a function that resolves to whether the service is ready, and never rejects
 */
export function createReadiness(ready: () => unknown, log: Logger): () => Promise<boolean> {
  let was = true;
  let askedAt = -Infinity;
  let asked: Promise<boolean> = Promise.resolve(true);

  const ask = async () => {
    const reason = await reasonNot(ready);
    const is = reason === undefined;
    if (is && !was) log.info('ready again');
    if (!is && was) log.warn(reason, 'not ready');
    was = is;
    return is;
  };
  return () => {
    const now = performance.now();
    if (now - askedAt >= HOLD_MS) {
      askedAt = now;
      asked = ask();
    }
    return asked;
  };
}

/** @returns why the service is not ready, for the log; undefined if it is */
async function reasonNot(ready: () => unknown): Promise<object | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, { reason: `ready() took longer than ${String(LIMIT_MS)} ms` });
  });
  const said = (async () => ((await ready()) === false ? { reason: 'ready() returned false' } : undefined))();
  try {
    return (await Promise.race([said, late])) as object | undefined;
  } catch (error) {
    return { reason: 'ready() failed', err: asError(error) };
  } finally {
    clearTimeout(timer);
  }
}
