import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually';
import { fetch } from '../fetch';
import { freePorts, hold } from '../ports';
import { copyProject, promisedService, service, type Project } from './project';
import { endAll, run } from './run';

let port: number;
let project: Project;

beforeEach(async () => {
  [port] = (await freePorts(1)) as [number];
  project = copyProject();
});

afterEach(async () => {
  await endAll();
  project.remove();
});

const start = () => run('./cmd.sh', { cwd: project.dir, env: { ENV: 'DEV', PORT: String(port) } });

test('serves, and serves an edit without any further command', async () => {
  const server = start();
  await server.line(/INFO: ready/);
  expect(server.output()).toMatch(/^Running Development Server\n/);
  expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
  expect(await fetch(port, '/readyz')).toMatchObject({ status: 200 });

  const file = join(project.dir, 'app/identidock.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace('Hello Docker!', 'Hello again!'));
  await eventually(async () => (await fetch(port)).body === 'Hello again!\n' || undefined);
});

test('waits for the edit that mends a service that does not start', async () => {
  project.replaceService('export function createApp() {\n  throw new Error("half-way through an edit");\n}\n');
  const server = start();
  await server.line(/half-way through an edit/);
  await server.line(/identidock\.ts:2/);
  await server.line(/waiting for file changes/);
  project.replaceService(service(`app.get('/', (_req, res) => { res.send('mended'); });`));
  await server.line(/INFO: ready/);
  expect(await fetch(port)).toMatchObject({ body: 'mended' });
});

test('the service may be a promise', async () => {
  project.replaceService(promisedService(`app.get('/', (_req, res) => { res.send('promised'); });`));
  await start().line(/INFO: ready/);
  expect(await fetch(port)).toMatchObject({ body: 'promised' });
});

test('cmd.sh has replaced itself by nodemon, the parent of the server', async () => {
  project.replaceService(service(`app.get('/', (_req, res) => { res.send(String(process.ppid)); });`));
  const server = start();
  await server.line(/INFO: ready/);
  expect((await fetch(port)).body).toBe(String(server.pid));
});

test('an error in the service shows its trace, with a line of the .ts source', async () => {
  project.replaceService(service(`app.get('/', () => { throw new Error('here'); });`));
  await start().line(/INFO: ready/);
  const { status, body } = await fetch(port);
  expect(status).toBe(500);
  expect(body).toMatch(/Error: here\n +at .*app\/identidock\.ts:5/);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it, and nothing is left behind', async (signal) => {
  const server = start();
  await server.line(/INFO: ready/);
  server.kill(signal);
  await server.closed;
  await expect(fetch(port)).rejects.toThrow('ECONNREFUSED');
});

test('the server ends when nodemon is killed', async () => {
  const server = start();
  await server.line(/INFO: ready/);
  server.kill('SIGKILL');
  await server.closed;
  await expect(fetch(port)).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken: an error that names it, and no other port instead', async () => {
  const holder = await hold(port);
  const server = start();
  await server.line(new RegExp(`PORT=${String(port)}: port ${String(port)} on 127\\.0\\.0\\.1 is already taken`));
  await server.line(/app crashed/);
  expect(server.output()).not.toContain('"ready"');
  holder.close();
});

test('npm run dev passes a signal on to it', async () => {
  const server = run('npm', { args: ['run', 'dev'], cwd: project.dir, env: { PORT: String(port) } });
  await server.line(/INFO: ready/);
  server.kill('SIGTERM');
  await server.closed;
});
