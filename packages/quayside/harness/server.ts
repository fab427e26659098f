// The production server of a test: a project with a service of the test's own, on ports of its own.
import { rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually';
import { fetch, fetchStats, type Answer } from './fetch';
import { freePorts } from './ports';
import { program } from './paths';
import { service, writeProject, type Project } from './project';
import { endAll, run, type Running } from './run';

export interface WorkerStats {
  id: number;
  pid: number;
  accepting: number;
  requests: number;
  delta_requests: number;
  exceptions: number;
  harakiri_count: number;
  status: string;
  rss: number;
  vsz: number;
  running_time: number;
  tx: number;
  avg_rt: number;
  cores: { in_request: number; read_errors: number; write_errors: number }[];
  last_spawn: number;
  respawn_count: number;
  timeouts: number;
}

export interface Stats {
  pid: number;
  sockets: { name: string; queue: number; max_queue: number }[];
  workers: WorkerStats[];
}

/** A line of the log. */
export type Line = Record<string, unknown>;

export let port: number;
export let statsPort: number;
export let project: Project;
/** What makes the server listen on them. */
export let ports: { PORT: string; STATS_PORT: string };

/** Has each test of a file start with ports and a project of its own, and end what it started. */
export function useServer(): void {
  beforeEach(async () => {
    [port, statsPort] = (await freePorts(2)) as [number, number];
    ports = { PORT: String(port), STATS_PORT: String(statsPort) };
    project = writeProject();
  });
  afterEach(async () => {
    await endAll();
    project.remove();
  });
}

/** Starts it. */
export function start(env: NodeJS.ProcessEnv = {}): Running {
  return run(program, {
    args: ['serve', 'dist/identidock.js'],
    cwd: project.dir,
    env: { ...ports, WORKERS: '2', ...env },
  });
}

/** Starts it and waits until it serves; with routes, those of a service of their own. */
export async function serve(env: NodeJS.ProcessEnv = {}, routes?: string): Promise<Running> {
  if (routes !== undefined) project.replaceService(service(routes));
  const server = start(env);
  await server.line(/"ready"/);
  return server;
}

/** Requests a path of the service on a connection of its own. */
export function get(path = '/', options: RequestOptions = {}): Promise<Answer> {
  return fetch(port, path, options);
}

/** Resolves when nobody listens on the service's port any more. */
export async function isDeserted(): Promise<void> {
  await eventually(async () => {
    const { code } = await get().then(
      () => ({ code: 'answered' }),
      (error: unknown) => error as NodeJS.ErrnoException,
    );
    return code === 'ECONNREFUSED' || undefined;
  });
}

/** What the stats say of the workers. */
export async function workers(): Promise<WorkerStats[]> {
  return (await stats()).workers;
}

export async function stats(): Promise<Stats> {
  // Says at once that it says nothing. A request of HTTP may come too late where this process is kept from its turn.
  return JSON.parse(await text(connect(statsPort, '127.0.0.1').end())) as Stats;
}

/** The values of the metrics whose names, or names and labels, begin so. */
export async function metrics(name: string): Promise<number[]> {
  const { body } = await fetchStats(statsPort, '/metrics');
  return body
    .split('\n')
    .filter((line) => line.startsWith(name))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
}

/** Writes bytes, as Node's own client would not, and returns all that comes back. */
export async function raw(bytes: string, to = port): Promise<string> {
  const socket = connect(to, '127.0.0.1');
  if (bytes !== '') socket.write(bytes, 'latin1');
  return text(socket);
}

/** The lines of the log that have come so far. */
export function logOf(server: Running): Line[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

/** The module of a service that comes up when its gate is open, and never in slot 2. */
export const gated = `
  import { existsSync } from 'node:fs';
  import express from 'express';
  export async function createApp() {
    console.log('starting', process.pid);
    if (process.env.WORKER_SLOT === '2') throw new Error('no luck');
    while (!existsSync('gate')) await new Promise((resolve) => setTimeout(resolve, 10));
    return express().get('/', (_req, res) => res.send('ok'));
  }`;

export function openGate(): void {
  writeFileSync(join(project.dir, 'gate'), '');
}

export function closeGate(): void {
  rmSync(join(project.dir, 'gate'));
}

/** A route that answers when its server has been told to stop. */
export const slow = `
  app.get('/slow', (_req, res) => {
    console.log('slow is in flight');
    process.on('message', ({ type }) => type === 'drain' && setTimeout(() => res.send('done'), 50));
  });`;
