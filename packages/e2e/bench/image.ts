// npm run bench:image: the image's size, its builds and its start, beside a plain Dockerfile of the same app.
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { renameFiles } from '../../create-quayside/src/rename.js';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { root } from '../../quayside/harness/paths';
import { freePorts } from '../../quayside/harness/ports';

const ROUNDS = 3;
const name = `identidock-bench-${String(process.pid)}`;
const dir = mkdtempSync(join(tmpdir(), 'identidock-bench-'));

const docker = (...args: string[]) =>
  execFileSync('docker', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const base = process.env.NODE_IMAGE ?? /^ARG BASE=\$\{NODE_IMAGE:-"(.*)"\}$/m.exec(dockerfile)?.[1] ?? '';

/** One stage that runs as root: install, copy, run, as the image of "Using Docker" is made. */
const plain = `FROM ${base}
WORKDIR /srv
COPY package.json package-lock.json tsconfig.json ./
COPY packages ./packages
RUN npm ci
COPY . .
RUN npm run build
EXPOSE 9090 9191
ENV HOST=0.0.0.0 STATS_HOST=0.0.0.0
HEALTHCHECK CMD ["node_modules/.bin/quayside", "healthcheck"]
CMD ["./cmd.sh"]
`;
const images = {
  identidock: ['--build-arg', `NODE_IMAGE=${base}`, '--file', 'Dockerfile'],
  'plain Dockerfile': ['--file', 'plain.Dockerfile'],
};

/** What is measured of an image, in the order in which it is printed; times in ms. */
interface Measures {
  'size over the base, MB': number;
  'first build, s': number;
  'build again without cached layers, s': number;
  'rebuild after an edit, s': number;
  'start to the first answer, s': number;
  'start to healthy, s': number;
  'memory when idle, MB': number;
}

async function seconds(action: () => unknown): Promise<number> {
  const since = performance.now();
  await action();
  return (performance.now() - since) / 1000;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function measure(image: string, build: string[]): Promise<Measures> {
  const make = (...more: string[]) => docker('build', '--tag', image, ...build, ...more, '.');
  // npm's cache, which the Dockerfile mounts, has a name of its own in this run, so that the first build finds it empty.
  const first = await seconds(() => make());
  const sizeOf = (which: string) => Number(docker('image', 'inspect', '--format', '{{.Size}}', which));
  const size = (sizeOf(image) - sizeOf(base)) / 1e6;
  const again = await seconds(() => make('--no-cache'));

  const rebuilds: number[] = [];
  const answers: number[] = [];
  const healthy: number[] = [];
  let memory = NaN;
  for (let round = 0; round < ROUNDS; round += 1) {
    appendFileSync(
      join(dir, 'app/identidock.ts'),
      `export const edit${String(performance.now()).replace('.', '_')} = 1;\n`,
    );
    rebuilds.push(await seconds(() => make()));

    const [port] = (await freePorts(1)) as [number];
    const started = performance.now();
    const id = docker('run', '--detach', '--publish', `127.0.0.1:${String(port)}:9090`, '--env', 'WORKERS=2', image);
    try {
      await eventually(async () => (await fetch(port)).status === 200 || undefined);
      answers.push((performance.now() - started) / 1000);
      const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', id);
      await eventually(() => health() === 'healthy' || undefined, 60_000);
      healthy.push((performance.now() - started) / 1000);
      const used = docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id);
      memory = Number(/^([\d.]+)MiB/.exec(used)?.[1]) * (1024 ** 2 / 1e6);
    } finally {
      docker('rm', '--force', id);
    }
  }
  return {
    'size over the base, MB': size,
    'first build, s': first,
    'build again without cached layers, s': again,
    'rebuild after an edit, s': median(rebuilds),
    'start to the first answer, s': median(answers),
    'start to healthy, s': median(healthy),
    'memory when idle, MB': memory,
  };
}

/** docker compose up --wait with the image built, as often as the rest. */
async function upAndHealthy(): Promise<number> {
  const [port, statsPort] = (await freePorts(2)) as [number, number];
  const ports = { PUBLISH_ADDRESS: '127.0.0.1', PUBLISH_PORT: String(port), PUBLISH_STATS_PORT: String(statsPort) };
  const env = { ...process.env, ...ports, IMAGE: name, NODE_IMAGE: base };
  const compose = (...args: string[]) =>
    execFileSync('docker', ['compose', '-f', 'docker-compose.prod.yml', ...args], { cwd: dir, env, stdio: 'ignore' });
  compose('build');
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    times.push(await seconds(() => compose('up', '--detach', '--wait')));
    compose('down', '--timeout', '1');
  }
  return median(times);
}

async function main() {
  const left = new Set(['node_modules', 'dist', '.git', '.env']);
  cpSync(root, dir, { recursive: true, filter: (path) => !left.has(basename(path)) });
  // The edit below is of the template's file, whatever it has been renamed to.
  renameFiles(dir, 'identidock');
  writeFileSync(join(dir, 'Dockerfile'), dockerfile.replaceAll('type=cache,', `type=cache,id=${name},`));
  writeFileSync(join(dir, 'plain.Dockerfile'), plain);

  const load = loadavg()[0] ?? 0;
  const columns: Measures[] = [];
  for (const [index, build] of Object.values(images).entries())
    columns.push(await measure(`${name}${index === 0 ? '' : '-plain'}`, build));

  console.log(`\nBase ${base}; medians of ${String(ROUNDS)}, the builds once; load before ${load.toFixed(1)}`);
  console.log(`${' '.repeat(37)}${Object.keys(images).join('  ')}  of plain`);
  for (const key of Object.keys(columns[0] ?? {}) as (keyof Measures)[]) {
    const [own = NaN, other = NaN] = columns.map((column) => column[key]);
    const cells = [own.toFixed(2).padStart(10), other.toFixed(2).padStart(17), (own / other).toFixed(2).padStart(9)];
    console.log(key.padEnd(36), ...cells);
  }
  console.log(`\ndocker compose up --detach --wait, of an image that is built: ${(await upAndHealthy()).toFixed(2)} s`);
}

void main().finally(() => {
  docker('image', 'rm', '--force', name, `${name}-plain`);
  // Its npm cache.
  docker('buildx', 'prune', '--force', '--filter', 'type=exec.cachemount', '--filter', `description~=${name}`);
  rmSync(dir, { recursive: true });
});
