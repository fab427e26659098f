// The development server of a test: a project whose service the test edits, on ports of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually';
import { fetch, type Answer } from './fetch';
import { freePorts } from './ports';
import { program } from './paths';
import { service, writeProject, type Project } from './project';
import { endAll, run, type Running } from './run';

export let port: number;
export let inspectPort: number;
export let project: Project;

/** Has each test of a file start with ports and a project of its own, and end what it started. */
export function useDevelopment(): void {
  beforeEach(async () => {
    [port, inspectPort] = (await freePorts(2)) as [number, number];
    project = writeProject();
  });
  afterEach(async () => {
    await endAll();
    project.remove();
  });
}

/** Starts it. */
export function start(env: NodeJS.ProcessEnv = {}): Running {
  const ports = { PORT: String(port), INSPECT_PORT: String(inspectPort) };
  return run(program, { args: ['dev', 'app/identidock.ts'], cwd: project.dir, env: { ...ports, ...env } });
}

/** Starts it on a terminal of so many columns, whose lines end as terminals have it: by \r\n. */
export function startOnTerminal(columns: number, env: NodeJS.ProcessEnv = {}): Running {
  const command = `stty cols ${String(columns)}; exec '${program}' dev app/identidock.ts`;
  const ports = { PORT: String(port), INSPECT_PORT: String(inspectPort) };
  return run('script', { args: ['-qec', command, '/dev/null'], cwd: project.dir, env: { ...ports, ...env } });
}

/** Starts it and waits until it serves; with routes, those of a service of their own. */
export async function serve(routes?: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  if (routes !== undefined) project.replaceService(service(routes));
  const server = start(env);
  await server.line(/serving/);
  return server;
}

/** Saves a service with these routes. */
export function save(routes: string): void {
  project.replaceService(service(routes));
}

/** A route that answers with a text. */
export const says = (text: string) => `app.get('/', (_req, res) => { res.send(${JSON.stringify(text)}); });`;

/** Requests a path on a connection of its own. */
export function get(path = '/', headers: Record<string, string> = {}): Promise<Answer> {
  return fetch(port, path, { headers });
}

/** Waits until the answer is this. */
export async function until(text: string): Promise<void> {
  await eventually(async () => (await get()).body === text || undefined);
}

/** How often a worker has come to serve so far. */
export function served(server: Running): number {
  return server.output().match(/serving after/g)?.length ?? 0;
}

/** Writes a file below app/. */
export function write(path: string, text: string): void {
  writeFileSync(join(project.dir, 'app', path), text);
}
