// A Swarm of several real Docker Engines on one machine, each in a network namespace of its own, joined by a bridge in one more.
import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { eventually } from '../../quayside/harness/eventually';

const exec = promisify(execFile);

/** @returns why no such Swarm can be made on this machine, or undefined where one can */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root';
  const missing = ['ip', 'nsenter', 'dockerd', 'iptables'].filter((tool) => spawnSync('which', [tool]).status !== 0);
  if (missing.length > 0) return `there is no ${missing.join(', no ')}`;
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return 'no network namespace may be made';
  return undefined;
}

/** An engine, and the node that it is in the Swarm. */
export class Engine {
  /** Its id as a node. */
  node = '';
  readonly socket: string;
  private readonly dir: string;

  constructor(
    readonly address: string,
    /** Its network namespace, and what the hub calls its link to that. */
    private readonly namespace: string,
    private readonly hub: string,
    clusterDir: string,
  ) {
    this.dir = join(clusterDir, namespace);
    this.socket = join(this.dir, 'sock');
    mkdirSync(this.dir);
    // The machine's own configuration is for another engine.
    writeFileSync(join(this.dir, 'daemon.json'), '{}');
  }

  /** Starts the daemon, and waits until it answers. */
  async start(): Promise<void> {
    const { dir, namespace } = this;
    const log = openSync(join(dir, 'log'), 'a');
    const flags = {
      'config-file': join(dir, 'daemon.json'),
      'data-root': join(dir, 'data'),
      'exec-root': join(dir, 'exec'),
      pidfile: join(dir, 'pid'),
      host: `unix://${this.socket}`,
      // Where a containerd of the machine's runs, all engines take that one.
      'containerd-namespace': namespace,
      'containerd-plugins-namespace': `${namespace}-plugins`,
      'log-level': 'warn',
    };
    // `ip netns exec` would mount another /sys, in which the daemon finds no cgroups.
    const args = [`--net=/var/run/netns/${namespace}`, 'dockerd'];
    const all = [...args, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
    const daemon = spawn('nsenter', all, { detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    daemon.unref();
    await eventually(async () => {
      if (daemon.exitCode !== null) throw new Error(`dockerd has ended: ${readFileSync(join(dir, 'log'), 'utf8')}`);
      return (await this.docker('version')) && true;
    }, 60_000);
  }

  /** Kills the daemon. Its containers go on. */
  async kill(): Promise<void> {
    const pid = Number(readFileSync(join(this.dir, 'pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await eventually(() => !alive(pid) || undefined);
  }

  /** Takes its link to the others away, or gives it back. */
  connect(connected: boolean): void {
    execFileSync('ip', ['-n', this.hub, 'link', 'set', this.namespace, connected ? 'up' : 'down']);
  }

  /**
   * Runs docker on this engine.
   * @returns its stdout, without the last line break
   * @throws Error with its stderr where the exit code is not 0
   */
  async docker(...args: string[]): Promise<string> {
    return this.dockerWith({}, ...args);
  }

  /** The same with additions to the environment. */
  async dockerWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    const all = { ...process.env, DOCKER_HOST: `unix://${this.socket}`, ...env };
    const { stdout } = await exec('docker', args, { env: all, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trimEnd();
  }

  /** Asks the engine's API, which takes less than a command does. */
  async api(path: string): Promise<unknown> {
    const sent = request({ socketPath: this.socket, path, agent: false, timeout: 10_000 }).end();
    sent.once('timeout', () => sent.destroy(new Error('timeout')));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer = await json(response);
    if (response.statusCode !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

const alive = (pid: number) => spawnSync('kill', ['-0', String(pid)]).status === 0;

/** Engines in one Swarm. The first one is its manager. */
export class Cluster {
  readonly engines: Engine[] = [];
  private readonly name = `swarm${randomBytes(3).toString('hex')}`;
  private readonly dir = mkdtempSync(join(tmpdir(), 'identidock-swarm-'));
  private readonly janitor: ChildProcess;

  constructor() {
    // It waits for the end of its stdin, and so also comes after a test that was killed.
    const clean = [join(__dirname, 'swarm-clean.ts'), this.name, this.dir];
    const args = ['--require', 'ts-node/register/transpile-only', ...clean];
    this.janitor = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
  }

  get manager(): Engine {
    const [first] = this.engines;
    if (!first) throw new Error('start() makes the engines');
    return first;
  }

  /**
   * Makes a Swarm.
   * @param nodes - how many engines it has
   */
  async start(nodes = 3): Promise<void> {
    const { name } = this;
    const net = `10.${String(randomInt(100, 250))}.${String(randomInt(250))}`;
    const ip = (...args: string[]) => execFileSync('ip', args);
    // In a namespace too: the machine's own engine has packets dropped that go from one port of a bridge to another.
    const hub = `${name}-hub`;
    ip('netns', 'add', hub);
    ip('-n', hub, 'link', 'add', 'hub', 'type', 'bridge');
    ip('-n', hub, 'link', 'set', 'hub', 'up');
    const plug = (port: string) => ip('-n', hub, 'link', 'set', port, 'master', 'hub', 'up');

    ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'machine', 'netns', hub);
    ip('address', 'add', `${net}.254/24`, 'dev', name);
    ip('link', 'set', name, 'up');
    plug('machine');
    for (let number = 1; number <= nodes; number += 1) {
      const namespace = `${name}-${String(number)}`;
      const address = `${net}.${String(number)}`;
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', namespace, 'netns', hub);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      plug(namespace);
      this.engines.push(new Engine(address, namespace, hub, this.dir));
    }
    await Promise.all(this.engines.map((engine) => engine.start()));

    const [manager, ...workers] = this.engines as [Engine, ...Engine[]];
    await manager.docker('swarm', 'init', '--advertise-addr', manager.address);
    const token = await manager.docker('swarm', 'join-token', '--quiet', 'worker');
    const join = ['--token', token, `${manager.address}:2377`];
    await Promise.all(workers.map((w) => w.docker('swarm', 'join', '--advertise-addr', w.address, ...join)));
    for (const engine of this.engines) engine.node = await engine.docker('info', '--format', '{{.Swarm.NodeID}}');
  }

  /** Copies images of this machine's engine to each of the Swarm's. */
  async load(images: string[], engines = this.engines): Promise<void> {
    const file = join(this.dir, 'images.tar');
    await exec('docker', ['save', '--output', file, ...images]);
    for (const engine of engines) await engine.docker('load', '--quiet', '--input', file);
  }

  /** Ends the engines, and removes all that is theirs. */
  async end(): Promise<void> {
    const ended = once(this.janitor, 'exit');
    this.janitor.stdin?.end();
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error('the Swarm was not removed as a whole; see above');
  }
}
