// The compared stacks: their images, and how their containers are started.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../../harness/paths';
import { docker } from './engine';

// JavaScript, which this package's tsconfig.json leaves out.
const { renameFiles } = createRequire(__filename)('../../../create-quayside/src/rename.js') as {
  renameFiles: (root: string, to: string) => void;
};

const run = `identidock-bench-${String(process.pid)}`;
const stacksFolder = join(__dirname, '../stacks');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** The base image of everything. */
export const base = process.env.NODE_IMAGE ?? /^ARG BASE=\$\{NODE_IMAGE:-"(.*)"\}$/m.exec(dockerfile)?.[1] ?? '';

/** The stages of bench/stacks/Dockerfile, and the production image. */
export type Image = 'service' | 'seed' | 'pm2' | 'watt' | 'bun' | 'deno' | 'load';

/** One of the compared stacks. */
export interface Stack {
  key: string;
  name: string;
  image: Image;
  env?: Record<string, string>;
  command?: string[];
  /** The command in the image that prints its version, which becomes part of its name. */
  version?: string[];
}

const production = { NODE_ENV: 'production' };
const own = { ENV: 'PROD', WORKERS: '1' };
const seed = ['uwsgi', '--plugins', 'http,python3', '--http', '0.0.0.0:9090', '--http-keepalive'];

export const stacks: Stack[] = [
  { key: 'log', name: 'identidock, access log', image: 'service', env: own },
  { key: 'identidock', name: 'identidock, ACCESS_LOG=off', image: 'service', env: { ...own, ACCESS_LOG: 'off' } },
  { key: 'flask', name: 'Flask, uWSGI, as written', image: 'seed' },
  {
    key: 'flask-keepalive',
    name: 'Flask, uWSGI --http-keepalive',
    image: 'seed',
    command: [...seed, '--wsgi-file', '/app/identidock.py', '--callable', 'app', '--stats', '0.0.0.0:9191'],
  },
  { key: 'limit', name: 'node:http cluster, the limit', image: 'service' },
  {
    key: 'plain',
    name: 'Express, one process',
    image: 'service',
    env: production,
    command: ['node', '/bench/plain.js'],
  },
  { key: 'pm2', name: 'Express, pm2-runtime', image: 'pm2', env: production, version: ['pm2-runtime', '--version'] },
  {
    key: 'watt',
    name: 'Express, wattpm',
    image: 'watt',
    env: { ...production, WORKERS: '1' },
    version: ['node_modules/.bin/wattpm', '--version'],
  },
  { key: 'bun', name: 'Express, Bun', image: 'bun', env: production, version: ['bun', '--version'] },
  { key: 'deno', name: 'Express, Deno', image: 'deno', env: production, version: ['deno', '--version'] },
];

export const imageName = (image: Image) => `${run}-${image}`;

/** Builds images: first the production image, from this project with the comparison's service. */
export function build(images: Set<Image>): void {
  const dir = mkdtempSync(join(tmpdir(), 'identidock-bench-'));
  try {
    // .dockerignore decides what reaches the build.
    const left = new Set(['.git', 'node_modules', 'dist']);
    cpSync(root, dir, { recursive: true, filter: (path) => !left.has(basename(path)) });
    // The stacks' files go by the template's name, whatever it has been renamed to.
    renameFiles(dir, 'identidock');
    cpSync(join(stacksFolder, 'identidock.ts'), join(dir, 'app/identidock.ts'));
    docker('build', '--tag', imageName('service'), '--build-arg', `NODE_IMAGE=${base}`, dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
  const args = { BASE: base, SERVICE: imageName('service'), LOAD: process.env.LOAD ?? 'wrk' };
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  for (const target of images) {
    if (target === 'service') continue;
    docker('build', '--tag', imageName(target), '--target', target, ...buildArgs, stacksFolder);
  }
}

/** @returns the stack with its version in its name; its image must have been built */
export function withVersion(stack: Stack): Stack {
  if (stack.version === undefined) return stack;
  const printed = docker('run', '--rm', imageName(stack.image), ...stack.version);
  // pm2 prints more lines above it, and Deno its name before it.
  const version = /^(?:deno )?(\d+\.\d+\.\d+)/m.exec(printed)?.[1];
  if (version === undefined) throw new Error(`${stack.name}: expected a version, got ${printed}`);
  return { ...stack, name: `${stack.name} ${version}` };
}

/** The containers of a server and its load generator. */
export interface Started {
  server: string;
  load: string;
}

/** The first CPU is for servers, the others for the load generator; a single CPU is shared. */
export const loadCpus =
  availableParallelism() > 2 ? `1-${String(availableParallelism() - 1)}` : String(availableParallelism() - 1);

let count = 0;

/** A server to run in a container. */
export interface Server extends Pick<Stack, 'image' | 'env' | 'command'> {
  /** For --cpuset-cpus; the first CPU by default. */
  cpus?: string;
  /** More options for `docker run`. */
  options?: string[];
}

export function start({ image, env = {}, command = [], cpus = '0', options = [] }: Server): Started {
  const common = ['--detach', '--init'];
  const name = () => ['--name', `${run}-${String((count += 1))}`];
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const mount = ['--volume', `${stacksFolder}:/bench:ro`];
  // Other commands inherit the image's health check, but do not answer it.
  const health = image === 'service' && command.length === 0 ? [] : ['--no-healthcheck'];
  // No network but its own loopback.
  const place = ['--network', 'none', '--cpuset-cpus', cpus];
  const server = docker(
    'run',
    ...common,
    ...name(),
    ...place,
    ...health,
    ...options,
    ...mount,
    ...variables,
    imageName(image),
    ...command,
  );
  const beside = ['--network', `container:${server}`, '--cpuset-cpus', loadCpus];
  const load = docker('run', ...common, ...name(), ...beside, imageName('load'));
  return { server, load };
}

/** It exits by itself after this time, in s. */
const NEIGHBOUR_SECONDS = 3600;

/**
 * Starts a process that disturbs the caches, on the load generator's CPU.
 * @returns its container, which cleanUp() removes
 */
export function startNeighbour(): string {
  const place = ['--network', 'none', '--cpuset-cpus', loadCpus];
  const command = ['node', 'neighbour.js', String(NEIGHBOUR_SECONDS)];
  const name = `${run}-${String((count += 1))}`;
  return docker('run', '--detach', '--init', '--name', name, ...place, imageName('load'), ...command);
}

export function isRunning(container: string): boolean {
  return docker('inspect', '--format', '{{.State.Running}}', container) === 'true';
}

export function stop({ server, load }: Started): void {
  docker('rm', '--force', load, server);
}

/** Removes everything that this run has created. */
export function cleanUp(): void {
  const containers = docker('ps', '--all', '--quiet', '--filter', `name=^${run}-`);
  if (containers !== '') docker('rm', '--force', ...containers.split('\n'));
  const images = docker('image', 'ls', '--format', '{{.Repository}}', '--filter', `reference=${run}-*`);
  if (images !== '') docker('image', 'rm', '--force', ...images.split('\n'));
}

/** A response to GET. */
export interface Answer {
  status: number;
  /** Names and values alternating. */
  headers: string[];
  body: string;
  /** Total size in bytes. */
  bytes: number;
}

/** Requests a path, as soon as the server listens. */
export function ask({ load }: Started, path: string, port = 9090): Answer {
  return JSON.parse(docker('exec', load, 'node', 'get.js', String(port), path)) as Answer;
}
