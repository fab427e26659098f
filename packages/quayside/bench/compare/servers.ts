// Starts the measured servers: identidock, the limit, and all stacks, which must answer alike.
import { ask, start, stop, type Answer, type Server, type Stack, type Started } from './stacks';

const paths = ['/', '/json'];

/** Headers that Node.js adds by itself. */
const byNode = new Set(['date', 'connection', 'keep-alive']);

/** @returns the first CPUs, one per worker, for --cpuset-cpus */
export const cpusOf = (workers: number) => `0-${String(workers - 1)}`;

/** Starts identidock, without access log unless the environment says otherwise, and waits until it answers. */
export function startService(workers: number, { env = {}, ...server }: Omit<Server, 'image'> = {}): Started {
  const all = { ENV: 'PROD', ACCESS_LOG: 'off', WORKERS: String(workers), ...env };
  const started = start({ image: 'service', ...server, env: all });
  ask(started, '/');
  return started;
}

/** @returns identidock's response on each path */
export function answersOfService(): Answer[] {
  const service = startService(1);
  const answers = paths.map((path) => ask(service, path));
  stop(service);
  return answers;
}

/** @returns a response's headers without those that Node.js adds by itself, names and values alternating */
function headersOf({ headers }: Answer): string[] {
  const names = headers.filter((_, at) => at % 2 === 0);
  return names.flatMap((name, at) => (byNode.has(name.toLowerCase()) ? [] : [name, headers[2 * at + 1] ?? '']));
}

/**
 * Starts the limit, which sends identidock's responses.
 * @param steps - what limit.js does for each request of /json; without any, it answers from memory
 * @throws Error if its responses differ
 */
export function startLimit(answers: Answer[], steps: string[] = []): Started {
  const forLimit = answers.map((answer, index) => [paths[index], { headers: headersOf(answer), body: answer.body }]);
  const env = { WORKERS: '1', ANSWERS: JSON.stringify(Object.fromEntries(forLimit)), STEPS: steps.join(',') };
  const started = start({ image: 'service', env, command: ['node', '/bench/limit.js'] });
  for (const [index, answer] of answersOf(started, 'the limit', answers).entries()) {
    const [own, expected] = [headersOf(answer), headersOf(answers[index] ?? answer)];
    if (own.join('\n') !== expected.join('\n'))
      throw new Error(`the limit: expected the headers ${JSON.stringify(expected)}, got ${JSON.stringify(own)}`);
  }
  return started;
}

/** Starts plain Express in Node's own cluster, and waits until it answers. */
export function startCluster(workers: number, cpus: string): Started {
  const env = { NODE_ENV: 'production', WORKERS: String(workers) };
  const started = start({ image: 'service', env, command: ['node', '/bench/cluster.js'], cpus });
  ask(started, '/');
  return started;
}

/** Starts wattpm, and waits until it answers. */
export function startWatt({ env, ...watt }: Stack, workers: number, cpus: string): Started {
  const started = start({ ...watt, env: { ...env, WORKERS: String(workers) }, cpus });
  ask(started, '/');
  return started;
}

/** Requests each path. @throws Error if a response differs from identidock's */
function answersOf(started: Started, name: string, answers: Answer[]): Answer[] {
  return paths.map((path, index) => {
    const answer = ask(started, path);
    if (answer.status !== 200 || answer.body !== answers[index]?.body)
      throw new Error(`${name}: expected of ${path} what identidock answers, got ${JSON.stringify(answer)}`);
    return answer;
  });
}

/**
 * Starts stacks.
 * @param answers - identidock's responses, which all must match
 * @throws Error that names a stack that does not
 */
export function startAll(stacks: Stack[], answers: Answer[]): { stack: Stack; started: Started }[] {
  return stacks.map((stack) => {
    if (stack.key === 'limit') return { stack, started: startLimit(answers) };
    const started = start(stack);
    answersOf(started, stack.name, answers);
    return { stack, started };
  });
}
