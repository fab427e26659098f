// Deploys on one machine by deploy/rollout, under constant load through the proxy: what each does, and what it loses.
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { run, type Running } from '../../quayside/harness/run';
import { caddyImage, Checkout } from '../harness/docker';
import { Load, type Ended, type Row } from './load';
import { imageOf, makeVersion, prepare, type Version } from './versions';

/** The longest that a broken image may take to be undone, in s. */
const UNDONE_S = 30;

/** What became of a deploy: the exit code of deploy/rollout, and what it has said. */
export interface Outcome {
  code: number | null;
  output: string;
}

export class MachineTrial {
  readonly checkout = new Checkout();
  private constantLoad: Load | undefined;
  private env: NodeJS.ProcessEnv = {};
  private readonly faults: string[] = [];
  /** Of the deploys that are to be ended with the trial. */
  private readonly scripts = new Set<Running>();
  /** Where the proxy is, by HTTP and by TLS. */
  port = 0;
  tlsPort = 0;

  private get load(): Load {
    if (!this.constantLoad) throw new Error('startLoad() begins the load');
    return this.constantLoad;
  }

  /** Has Caddy find the containers by a list that each deploy changes and Caddy reloads, instead of by DNS. */
  useList(): void {
    const upstream = 'to identidock:9090';
    this.checkout.edit('deploy/Caddyfile', (text) => text.replace(/dynamic a \{[^}]*\}/, upstream));
    const change = `sed 's/${upstream}/to '$name':9090/' /etc/caddy/Caddyfile >/data/Caddyfile`;
    const reload = 'caddy reload --config /data/Caddyfile --adapter caddyfile';
    this.checkout.edit('deploy/rollout', (text) =>
      text.replace(
        'await_healthy "$new"\n',
        `$&name=$(docker inspect --format '{{.Name}}' "$new" | cut -c 2-)\n` +
          `compose exec --no-TTY proxy sh -c "${change} && ${reload}"\n`,
      ),
    );
  }

  /** Deploys the checkout, and makes other versions. */
  async start(versions: Version[]): Promise<Outcome> {
    const { checkout } = this;
    [this.port, this.tlsPort] = (await freePorts(2)) as [number, number];
    this.env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: checkout.name,
      PROXY_IMAGE: await caddyImage(),
      PUBLISH_PROXY_ADDRESS: '127.0.0.1',
      PUBLISH_HTTP_PORT: String(this.port),
      PUBLISH_HTTPS_PORT: String(this.tlsPort),
      WORKERS: '2',
      // For a busy machine.
      DEPLOY_TIMEOUT: '90',
    };
    prepare(checkout, 'deploy/Caddyfile');
    const outcome = await this.rollout([]);
    for (const version of versions) await makeVersion(checkout, version);
    await eventually(async () => (await fetch(this.port, '/?n=1')).status === 200 || undefined);
    return outcome;
  }

  /**
   * Begins the load, of so many clients.
   * @param onEnded - called with each request when it was answered or has failed
   */
  startLoad(clients: number, onEnded?: (ended: Ended) => void): Load {
    this.constantLoad = new Load({ port: this.port, clients, ...(onEnded && { onEnded }) });
    this.constantLoad.start();
    return this.constantLoad;
  }

  /** The name of a version's image. */
  imageOf(version: Version): string {
    return imageOf(this.checkout, version);
  }

  /** Starts deploy/rollout. */
  begin(args: string[], env: NodeJS.ProcessEnv = {}): Running {
    const script = run('deploy/rollout', { args, cwd: this.checkout.dir, env: { ...this.env, ...env } });
    this.scripts.add(script);
    return script;
  }

  /** Runs deploy/rollout. */
  async rollout(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const script = this.begin(args, env);
    const { code } = await script.exited;
    await script.closed;
    return { code, output: script.output() };
  }

  /** Runs Compose with the files and the environment of the deploys. */
  compose(env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const files = ['-f', 'docker-compose.prod.yml', '-f', 'docker-compose.proxy.yml'];
    return this.checkout.compose([...files, ...args], { ...this.env, ...env });
  }

  /** Deploys a version that works, as an event of its own. */
  deploy(version: 'second' | 'third'): Promise<Outcome> {
    this.load.event(`deploy of the ${version} version`);
    return this.settle(this.rollout(['--image', this.imageOf(version)]), 0);
  }

  /**
   * Deploys a version that has to be undone, as an event of its own.
   * @param timeout - its DEPLOY_TIMEOUT, in s; without, the default
   */
  deployBroken(
    version: 'crashes' | 'never gets ready' | 'fails its smoke request',
    timeout?: number,
  ): Promise<Outcome> {
    this.load.event(`a version that ${version}`);
    const env = { DEPLOY_TIMEOUT: timeout === undefined ? '' : String(timeout) };
    return this.settle(this.rollout(['--image', this.imageOf(version)], env), 1);
  }

  /** Goes back to the image before, as an event of its own. */
  rollBack(): Promise<Outcome> {
    this.load.event('rollback');
    return this.settle(this.rollout(['--rollback']), 0);
  }

  private async settle(deploy: Promise<Outcome>, code: number): Promise<Outcome> {
    const outcome = await deploy;
    this.load.done();
    if (outcome.code !== code) {
      this.faults.push(`deploy/rollout ended with exit code ${String(outcome.code)}:\n${outcome.output}`);
    }
    return outcome;
  }

  /** What is wrong with the rows, and with the deploys: nothing, if all is well. */
  problemsOf(rows: Row[]): string[] {
    const lost = rows
      .filter(({ failed }) => failed > 0)
      .map(({ event, failed }) => `${event}: ${String(failed)} failed`);
    const late = rows
      .filter(({ event, seconds }) => event.startsWith('a version that') && seconds > UNDONE_S)
      .map(({ event, seconds }) => `${event}: undone after ${seconds.toFixed(1)} s`);
    return [...this.faults, ...lost, ...late];
  }

  /** Removes all that it has made. */
  async end(): Promise<void> {
    await this.constantLoad?.stop();
    for (const script of this.scripts) {
      script.kill('SIGTERM');
      await script.closed;
    }
    await this.checkout.remove();
  }
}
