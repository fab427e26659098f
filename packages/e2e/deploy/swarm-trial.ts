// deploy/swarm.yml on a Swarm of three engines, under constant load through its proxy: what happens to it, and what that costs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { caddyImage, Checkout, production } from '../harness/docker';
import { Load, type Row } from './load';
import { Cluster, type Engine } from './swarm-cluster';
import { imageOf, makeVersion, prepare, type Version } from './versions';

const STACK = 'identidock';
const SECRET = 'database-password';
const SERVICE = `${STACK}_identidock`;
/** How soon the proxy has to know of a node that is cut off, in ms: refresh, dial_timeout, and something for a busy machine. */
const NOTICED_MS = 3000;
/** After how long an event that is not over has failed, in ms. */
const PATIENCE_MS = 120_000;

interface Task {
  NodeID: string;
  DesiredState: string;
  Status: { State: string; Err?: string; ContainerStatus?: { ContainerID: string } };
}

/** https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Network/operation/NetworkInspect */
interface Network {
  Services: Record<string, { Tasks: { Info: Record<string, string> }[] }>;
}

interface Service {
  UpdateStatus?: { State: string; StartedAt: string };
}

/** States in which a task is no more. */
const over = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

/** A stack that is tried. Each event is a method, which resolves when Swarm is at rest again, and a row of the load. */
export class Trial {
  readonly cluster = new Cluster();
  readonly checkout = new Checkout();
  /** What the deploys set. */
  readonly env: NodeJS.ProcessEnv = { WORKERS: '1', ACCESS_LOG: 'off' };
  private constantLoad: Load | undefined;
  private replicas = 3;
  /** What may be lost, by the place of the event's row. */
  private readonly faults = new Map<number, Fault>();

  get load(): Load {
    if (!this.constantLoad) throw new Error('start() begins the load');
    return this.constantLoad;
  }

  /** Where the proxy is. */
  get host(): string {
    return this.cluster.manager.address;
  }

  /**
   * Makes the Swarm and the images, deploys the first version, and begins the load.
   * @param versions - the first one, and those that update() is to be given
   */
  async start(versions: Version[]): Promise<void> {
    const { checkout, cluster, env } = this;
    prepare(checkout, 'deploy/swarm.Caddyfile');
    // What the file has of a secret, as a comment.
    checkout.edit('deploy/swarm.yml', (text) =>
      text.replace(/^( *)# (?=DATABASE_PASSWORD|secrets:|  database-password:)/gm, '$1'),
    );
    await checkout.compose([...production, 'build']);
    for (const version of versions) await makeVersion(checkout, version);
    const proxy = await caddyImage();
    await cluster.start();
    await cluster.load(versions.map((version) => imageOf(checkout, version)));
    await cluster.load([proxy], [cluster.manager]);
    await cluster.manager.docker('node', 'update', '--label-add', 'proxy=true', cluster.manager.node);
    await this.createSecret();
    env.PROXY_IMAGE = proxy;
    await this.deploy('first');
    await this.settled();
    await eventually(async () => (await fetch(80, '/?n=1', { host: this.host })).status === 200 || undefined);
    this.constantLoad = new Load({ host: this.host, port: 80 });
    this.constantLoad.start();
  }

  private async createSecret(): Promise<void> {
    const file = join(this.checkout.dir, 'password');
    writeFileSync(file, 's3cret');
    await this.cluster.manager.docker('secret', 'create', SECRET, file);
  }

  /** @returns what a replica reads as its secret */
  async secretOn(engine: Engine): Promise<string> {
    const read = 'cat "$DATABASE_PASSWORD_FILE"';
    return engine.docker('exec', await this.replicaOf(engine), 'sh', '-c', read);
  }

  /** Does what deploy/swarm.yml says of a deploy. */
  private async deploy(version: Version): Promise<void> {
    const env = { ...this.env, IMAGE: imageOf(this.checkout, version), REPLICAS: String(this.replicas) };
    const file = join(this.checkout.dir, 'deploy/swarm.yml');
    const args = ['--detach=true', '--resolve-image', 'never', '--compose-file', file, STACK];
    await this.cluster.manager.dockerWith(env, 'stack', 'deploy', ...args);
  }

  /** The tasks that Swarm knows of, also past ones. */
  async tasks(): Promise<Task[]> {
    const filters = encodeURIComponent(JSON.stringify({ service: { [SERVICE]: true } }));
    return (await this.cluster.manager.api(`/tasks?filters=${filters}`)) as Task[];
  }

  private async nodesDown(): Promise<string[]> {
    const nodes = (await this.cluster.manager.api('/nodes')) as { ID: string; Status: { State: string } }[];
    return nodes.filter(({ Status }) => Status.State !== 'ready').map(({ ID }) => ID);
  }

  /** Waits until all replicas run that shall, and no other task does; of a node that is down nobody knows. */
  private async settled(than: (tasks: Task[]) => boolean = () => true): Promise<void> {
    const until = async () => {
      const down = await this.nodesDown();
      const tasks = (await this.tasks()).filter(({ NodeID }) => !down.includes(NodeID));
      const alive = tasks.filter(({ Status }) => !over.has(Status.State));
      const running = alive.filter((task) => task.DesiredState === 'running' && task.Status.State === 'running');
      return (running.length === this.replicas && alive.length === this.replicas && than(running)) || undefined;
    };
    await eventually(until, PATIENCE_MS);
  }

  /** Waits for the end of an update, or of its being undone. Throws with what has failed where it ends the other way. */
  private async updated(expected: 'completed' | 'rollback_completed', before: string | undefined): Promise<void> {
    const state = await eventually(async () => {
      const { UpdateStatus: now } = (await this.cluster.manager.api(`/services/${SERVICE}`)) as Service;
      const ended = now && /completed|paused/.test(now.State) && now.StartedAt !== before;
      return ended ? now.State : undefined;
    }, PATIENCE_MS);
    if (state !== expected) {
      const errors = (await this.tasks()).flatMap(({ Status }) => (Status.Err ? [Status.Err] : []));
      throw new Error(`the update ended as ${state}, and not as ${expected}; tasks said: ${errors.join(', ')}`);
    }
    await this.settled();
  }

  /** Runs an event: a row. The load goes on for a while after it. */
  private async event(name: string, happens: () => Promise<void>): Promise<void> {
    this.load.event(name);
    await happens();
    this.load.done();
    await this.load.more(300);
  }

  /** Deploys a version, and waits until it runs everywhere, or is undone. */
  async update(version: Version, expected: 'completed' | 'rollback_completed' = 'completed'): Promise<void> {
    const name = expected === 'completed' ? `rolling update to the ${version} version` : `broken image that ${version}`;
    await this.event(name, async () => {
      const service = (await this.cluster.manager.api(`/services/${SERVICE}`)) as Service;
      await this.deploy(version);
      await this.updated(expected, service.UpdateStatus?.StartedAt);
    });
  }

  /** Changes how many replicas there are. */
  async scale(replicas: number): Promise<void> {
    await this.event(`scale ${replicas > this.replicas ? 'up' : 'down'} to ${String(replicas)}`, async () => {
      this.replicas = replicas;
      await this.cluster.manager.docker('service', 'scale', '--detach', `${SERVICE}=${String(replicas)}`);
      await this.settled();
    });
  }

  /**
   * Runs an event by which requests may be lost: those that are in flight when it happens, at least.
   * @param happens - returns when that was
   */
  private async fault(name: string, happens: () => Promise<Fault>, over: () => Promise<void>): Promise<void> {
    await this.event(name, async () => {
      // What is in flight then shall have been sent in this row.
      await this.load.more(100);
      this.faults.set(this.load.rows - 1, await happens());
      await over();
    });
  }

  /** A worker's engine, with the container of a replica that it runs. */
  private async replicaOf(engine: Engine): Promise<string> {
    const task = (await this.tasks()).find(
      ({ NodeID, Status }) => NodeID === engine.node && Status.State === 'running',
    );
    const id = task?.Status.ContainerStatus?.ContainerID;
    if (id === undefined) throw new Error('no replica runs there');
    return id;
  }

  /** Kills a replica as the kernel would. */
  async kill(engine: Engine): Promise<void> {
    const id = await this.replicaOf(engine);
    await this.fault(
      'docker kill of a replica',
      async () => {
        await engine.docker('kill', id);
        const { State } = (await engine.api(`/containers/${id}/json`)) as { State: { FinishedAt: string } };
        const at = Date.parse(State.FinishedAt) - performance.timeOrigin;
        return { at, until: at };
      },
      () => this.settled((running) => running.every(({ Status }) => Status.ContainerStatus?.ContainerID !== id)),
    );
  }

  private nowhereOn({ node }: Engine) {
    return (running: Task[]) => running.every(({ NodeID }) => NodeID !== node);
  }

  /** Empties a node. */
  async drain(engine: Engine): Promise<void> {
    await this.event('drain of a node', async () => {
      await this.cluster.manager.docker('node', 'update', '--availability', 'drain', engine.node);
      await this.settled(this.nowhereOn(engine));
    });
    await this.cluster.manager.docker('node', 'update', '--availability', 'active', engine.node);
  }

  /** Spreads the replicas over all nodes again, which Swarm does not do by itself. */
  async spread(): Promise<void> {
    await this.event('update --force, to spread again', async () => {
      const service = (await this.cluster.manager.api(`/services/${SERVICE}`)) as Service;
      await this.cluster.manager.docker('service', 'update', '--detach', '--force', SERVICE);
      await this.updated('completed', service.UpdateStatus?.StartedAt);
    });
  }

  private async isDown(engine: Engine, down: boolean): Promise<void> {
    await eventually(async () => (await this.nodesDown()).includes(engine.node) === down || undefined, PATIENCE_MS);
    await this.settled(down ? this.nowhereOn(engine) : undefined);
  }

  /** Waits until the Swarm's network no longer lists a task on an engine. */
  private async forgotten({ address }: Engine): Promise<void> {
    await eventually(async () => {
      const path = `/networks/${STACK}_default?verbose=true`;
      const { Services: services } = (await this.cluster.manager.api(path)) as Network;
      const tasks = Object.values(services).flatMap(({ Tasks }) => Tasks);
      return tasks.every(({ Info }) => Info['Host IP'] !== address) || undefined;
    }, PATIENCE_MS);
  }

  /** Kills a node's daemon, until its replicas run elsewhere. */
  async killDaemon(engine: Engine): Promise<void> {
    await this.fault(
      "a node's daemon killed",
      async () => {
        await engine.kill();
        const at = performance.now();
        // Until then, the replicas answer. From then on, packets of open connections may find no way to them.
        await this.forgotten(engine);
        return { at, until: performance.now() + NOTICED_MS };
      },
      () => this.isDown(engine, true),
    );
  }

  /** Starts a killed daemon again. Swarm leaves the replicas where they are. */
  async restartDaemon(engine: Engine): Promise<void> {
    await this.event('the daemon is back', async () => {
      await engine.start();
      await this.isDown(engine, false);
    });
  }

  /** Cuts a node off, until its replicas run elsewhere. */
  async cut(engine: Engine): Promise<void> {
    await this.fault(
      "a node's network cut",
      () => {
        engine.connect(false);
        const at = performance.now();
        // Until the proxy opens a connection, it sends on those that it has kept.
        return Promise.resolve({ at, until: at + NOTICED_MS });
      },
      () => this.isDown(engine, true),
    );
  }

  /** Gives a node its network back. Swarm leaves the replicas where they are. */
  async rejoin(engine: Engine): Promise<void> {
    await this.event('the network is back', async () => {
      engine.connect(true);
      await this.isDown(engine, false);
    });
  }

  /**
   * Stops the load.
   * @returns its rows; a fault's says how many requests were in flight at it, to any replica
   */
  async stop(): Promise<Row[]> {
    const rows = await this.load.stop();
    return rows.map((row, index) => {
      const fault = this.faults.get(index);
      if (!fault) return row;
      // Docker notices the end of a container later than a client may.
      const at = Math.min(fault.at, row.firstFailed ?? Infinity);
      return { ...row, event: `${row.event}, ${String(this.load.inFlightAt(at))} in flight` };
    });
  }

  /**
   * @param undone - the longest that a broken image may take to be undone, in s
   * @returns what of the rows is not as it has to be
   */
  problemsOf(rows: Row[], undone: number): string[] {
    return rows.flatMap(({ event, requests, failed, seconds, lastFailure = 0 }, index) => {
      const fault = this.faults.get(index);
      const lost = `${event}: ${String(failed)} of ${String(requests)} requests failed`;
      if (!fault && failed > 0) return [lost];
      // One that was sent before the fault and was lost must have been in flight then.
      if (fault && lastFailure > fault.until) return [`${lost}, some of which were sent too late for that`];
      if (event.startsWith('broken') && seconds > undone) return [`${event}: undone in ${seconds.toFixed(1)} s`];
      return [];
    });
  }

  /** Removes all, whatever was reached. */
  async end(): Promise<void> {
    await this.constantLoad?.stop();
    await this.cluster.end();
    await this.checkout.remove();
  }
}

/** Something by which requests may be lost. */
interface Fault {
  /** When it happened, as performance.now() says it. */
  at: number;
  /** Until when requests may be sent that are lost. */
  until: number;
}
