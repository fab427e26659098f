// The servers that are measured: identidock, the limit, and all the stacks, which must answer the same.
import { ask, start, stop, type Answer, type Server, type Stack, type Started } from './stacks';

const paths = ['/', '/json'];

/** What Node.js adds to an answer by itself. */
const byNode = new Set(['date', 'connection', 'keep-alive']);

/**
 * Starts identidock, without access log unless the environment says otherwise, and waits until it answers.
 */
export function startService(workers: number, { env = {}, ...server }: Omit<Server, 'image'> = {}): Started {
  const all = { ENV: 'PROD', ACCESS_LOG: 'off', WORKERS: String(workers), ...env };
  const started = start({ image: 'service', ...server, env: all });
  ask(started, '/');
  return started;
}

/** @returns what identidock answers on each path */
export function answersOfService(): Answer[] {
  const service = startService(1);
  const answers = paths.map((path) => ask(service, path));
  stop(service);
  return answers;
}

/** Starts the limit, which writes what identidock answers: all headers but those that Node.js adds by itself. */
export function startLimit(answers: Answer[]): Started {
  const forLimit = answers.map(({ headers, body }, index) => {
    const names = headers.filter((_, at) => at % 2 === 0);
    const written = names.flatMap((name, at) => (byNode.has(name.toLowerCase()) ? [] : [name, headers[2 * at + 1]]));
    return [paths[index], { headers: written, body }];
  });
  const env = { WORKERS: '1', ANSWERS: JSON.stringify(Object.fromEntries(forLimit)) };
  return start({ image: 'service', env, command: ['node', '/bench/limit.js'] });
}

/**
 * Starts stacks.
 * @param answers - identidock's: all must answer the same, and the limit to the byte
 * @throws Error that names the stack which does not
 */
export function startAll(stacks: Stack[], answers: Answer[]): { stack: Stack; started: Started }[] {
  return stacks.map((stack) => {
    const started = stack.key === 'limit' ? startLimit(answers) : start(stack);
    for (const [index, path] of paths.entries()) {
      const answer = ask(started, path);
      const isSame = answer.status === 200 && answer.body === answers[index]?.body;
      if (!isSame || (stack.key === 'limit' && answer.bytes !== answers[index]?.bytes))
        throw new Error(`${stack.name}: expected of ${path} what identidock answers, got ${JSON.stringify(answer)}`);
    }
    return { stack, started };
  });
}
