// npm run test:kubernetes: deploys IMAGE on the cluster that KUBECONFIG names, and counts what each event costs its clients.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tableOf, type Cost } from '../deploy/table';
import { broken, commands, loadObjects, PODS, testOverlay } from './commands';
import { PATIENCE_MS, type Second } from './load';
import { kustomization } from './render';
import { costOf, secondsIn } from './report';
import { installTools, isInPath } from './tools';

const exec = promisify(execFile);

/** EX_CONFIG of sysexits.h */
const EX_CONFIG = 78;

interface Pod {
  metadata: { name: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: { conditions?: { type: string; status: string }[] };
}

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

interface Event {
  name: string;
  /** How many requests may fail: 0, or those that a pod may hold which is killed. */
  mayFail: number;
  /** Resolves when the new state is reached. @returns why it was left out; undefined where it happened */
  act: () => Promise<string | undefined>;
}

/** As the load has it by default. */
const CLIENTS = 16;

/** How long a state is waited for, in ms. */
const LIMIT_MS = 300_000;

class Cluster {
  readonly namespace = `identidock-test-${randomBytes(3).toString('hex')}`;

  /**
   * @param program - kubectl
   * @param signal - ends what goes on, but not what undoes it
   */
  constructor(
    private readonly program: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Runs kubectl in the namespace. @returns its stdout @throws Error with its stderr where the exit code is not 0 */
  async kubectl(args: string[], signal = this.signal): Promise<string> {
    const all = ['--namespace', this.namespace, ...args];
    const { stdout } = await exec(this.program, all, { maxBuffer: 64 * 1024 ** 2, signal });
    return stdout;
  }

  /** Runs kubectl also after an interruption. */
  undo(args: string[]): Promise<string> {
    return this.kubectl(args, AbortSignal.timeout(LIMIT_MS));
  }

  /** Asks once a second. @throws Error where the state is not reached within LIMIT_MS */
  async until(state: string, isReached: () => Promise<boolean>): Promise<void> {
    for (const start = performance.now(); !(await isReached());) {
      if (performance.now() - start > LIMIT_MS) throw new Error(`not within ${String(LIMIT_MS / 1000)} s: ${state}`);
      await pause(1000, undefined, { signal: this.signal });
    }
  }

  async pods(args = commands.pods()): Promise<Pod[]> {
    return (JSON.parse(await this.kubectl(args)) as { items: Pod[] }).items;
  }

  /** Waits until the rollout is through, all pods are ready, and none is left that ends. */
  async settled(): Promise<void> {
    await this.kubectl(commands.rolledOut());
    await this.until('all pods are ready', async () => {
      const pods = await this.pods();
      return pods.length === PODS && pods.every(isReady);
    });
  }

  async rollingUpdate(): Promise<undefined> {
    await this.kubectl(commands.restart());
    await this.settled();
  }

  async brokenImage(script: string): Promise<undefined> {
    await this.kubectl(commands.break(script));
    const refusal = await this.kubectl(commands.rolledOut()).then(
      () => 'none',
      (error: unknown) => String(error),
    );
    if (!refusal.includes('exceeded its progress deadline')) {
      throw new Error(`the broken image was not called broken: ${refusal}`);
    }
    await this.kubectl(commands.undo());
    await this.kubectl(commands.mend());
    await this.settled();
  }

  async killPod(): Promise<undefined> {
    const [pod] = await this.pods();
    if (pod === undefined) throw new Error('there is no pod');
    await this.kubectl(commands.kill(pod.metadata.name));
    await this.settled();
  }

  async drainNode(): Promise<string | undefined> {
    const [load] = await this.pods(commands.loadPods());
    const nodes = (await this.pods()).map(({ spec }) => spec.nodeName);
    const node = nodes.find((name) => name !== undefined && name !== load?.spec.nodeName);
    if (node === undefined) return 'every pod is on the node of the load';
    try {
      await this.kubectl(commands.drain(node));
      await this.settled();
    } finally {
      await this.undo(commands.uncordon(node));
    }
    return undefined;
  }

  /** Waits until the load has printed so many seconds. @returns those it has */
  async seconds(least: number): Promise<Second[]> {
    let seconds: Second[] = [];
    await this.until('the load goes on', async () => {
      seconds = secondsIn(await this.kubectl(commands.load()));
      return seconds.length >= least;
    });
    return seconds;
  }

  /** Lets an event happen under load. @returns its row, or why it was left out */
  async measure({ name, act }: Event): Promise<Cost | string> {
    const before = (await this.seconds(1)).length;
    const start = performance.now();
    const leftOut = await act();
    if (leftOut !== undefined) return leftOut;
    const done = (performance.now() - start) / 1000;
    const after = (await this.seconds(0)).length;
    // What the event has spoilt may end only when its client has lost patience.
    const all = await this.seconds(after + PATIENCE_MS / 1000 + 1);
    return costOf(name, done, all.slice(before));
  }

  /** Deploys the image, and the load when it is ready. */
  async deploy(image: string): Promise<void> {
    const { folder, remove } = kustomization((path) => testOverlay(image, this.namespace, path));
    try {
      await this.kubectl(commands.apply(folder));
      await this.settled();
      const file = join(folder, 'load.json');
      writeFileSync(
        file,
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: loadObjects(image, this.namespace) }),
      );
      await this.kubectl(commands.applyFile(file));
    } finally {
      remove();
    }
  }
}

/** @returns the exit code */
async function main(): Promise<number> {
  const { KUBECONFIG, IMAGE } = process.env;
  if (!KUBECONFIG || !IMAGE) {
    console.error(
      'test:kubernetes needs a cluster and an image: KUBECONFIG=... IMAGE=registry.example/you/identidock:1.2.3 npm run test:kubernetes',
    );
    return EX_CONFIG;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(new Error(signal));
    });
  }
  const cluster = new Cluster(isInPath() ? 'kubectl' : installTools().kubectl, interruption.signal);
  try {
    await cluster.kubectl(commands.version());
  } catch (error) {
    console.error(`test:kubernetes: no cluster answers by KUBECONFIG=${KUBECONFIG}: ${String(error)}`);
    return EX_CONFIG;
  }

  const events: Event[] = [
    { name: 'rolling update', mayFail: 0, act: () => cluster.rollingUpdate() },
    { name: 'broken image: crashes', mayFail: 0, act: () => cluster.brokenImage(broken.crashes) },
    { name: 'broken image: never ready', mayFail: 0, act: () => cluster.brokenImage(broken.neverReady) },
    { name: 'drain of a node', mayFail: 0, act: () => cluster.drainNode() },
    { name: 'kill of a pod', mayFail: CLIENTS, act: () => cluster.killPod() },
  ];
  const rows: Cost[] = [];
  const problems: string[] = [];
  try {
    await cluster.deploy(IMAGE);
    for (const event of events) {
      const row = await cluster.measure(event);
      if (typeof row === 'string') console.log(`${event.name}: left out, because ${row}`);
      else {
        rows.push(row);
        if (row.failed > event.mayFail) problems.push(`${event.name}: ${String(row.failed)} failed`);
        if (row.requests === 0) problems.push(`${event.name}: no request was sent`);
      }
    }
  } catch (error) {
    problems.push(String(error));
    for (const logs of [commands.logs(), commands.loadLogs()]) problems.push(await cluster.undo(logs).catch(String));
  } finally {
    await cluster.undo(commands.remove(cluster.namespace)).catch((error: unknown) => problems.push(String(error)));
  }
  console.log(tableOf(rows));
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
