import { once } from 'node:events';
import { createServer } from 'node:http';
import { workersFor } from '../../src/settings/capacity';
import { eventually } from '../../harness/eventually';
import { fetch } from '../../harness/fetch';
import { hold } from '../../harness/ports';
import { program } from '../../harness/paths';
import { promisedService } from '../../harness/project';
import { run } from '../../harness/run';
import { port, ports, project, serve, start, stats, useServer } from '../../harness/server';

useServer();

test('serves the service, and the stats of its primary and workers', async () => {
  const server = await serve();
  expect(await fetch(port)).toMatchObject({ status: 200, body: 'Hello Docker!\n' });
  const { pid, workers } = await stats();
  expect(pid).toBe(server.pid);
  expect(workers.map(({ id }) => id)).toEqual([1, 2]);
  await eventually(async () => (await stats()).workers.some(({ requests }) => requests === 1) || undefined);
});

test('the service may be a promise', async () => {
  project.replaceService(promisedService(`app.get('/', (_req, res) => { res.send('promised'); });`));
  await start().line(/"ready"/);
  expect(await fetch(port)).toMatchObject({ body: 'promised' });
});

test('one worker for each available CPU where WORKERS does not say otherwise', async () => {
  await serve({ WORKERS: '' });
  expect((await stats()).workers).toHaveLength(workersFor());
});

test('a service that throws at start: the reason with a line of its .ts source, exit code 1', async () => {
  project.replaceService(`export function createApp() {\n  throw new Error('no database');\n}\n`);
  const server = start();
  expect(await server.exited).toEqual({ code: 1, signal: null });
  await server.closed;
  expect(server.output()).toMatch(/The server could not start: Error: no database\n.*identidock\.ts:2/);
});

describe('a port that is taken', () => {
  test.each(['PORT', 'STATS_PORT'] as const)('%s: an error that names it, and no other port instead', async (name) => {
    const holder = await hold(Number(ports[name]));
    const server = start({ HOST: '127.0.0.1' });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    await server.closed;
    // Said once, however many workers there are.
    const said = server.output().split(`${name}=${ports[name]}: port ${ports[name]} on 127.0.0.1 is already taken`);
    expect(said).toHaveLength(2);
    expect(server.output()).not.toContain('"ready"');
    holder.close();
  });
});

describe('the health check', () => {
  test('is content with the service', async () => {
    await serve();
    const check = run(program, { args: ['healthcheck'], env: ports });
    expect(await check.exited).toEqual({ code: 0, signal: null });
  });

  test.each([204, 302, 404, 500, 503])('and with a 2xx alone: %d', async (status) => {
    const server = createServer((_req, res) => res.writeHead(status).end());
    await once(server.listen(port, '127.0.0.1').unref(), 'listening');
    const check = run(program, { args: ['healthcheck'], env: ports });
    expect(await check.exited).toEqual({ code: status === 204 ? 0 : 1, signal: null });
    await check.line(new RegExp(`/readyz: ${String(status)}`));
    server.close();
  });

  test('is not content with silence', async () => {
    const check = run(program, { args: ['healthcheck'], env: ports });
    expect(await check.exited).toEqual({ code: 1, signal: null });
    await check.line(/ECONNREFUSED/);
  });
});
