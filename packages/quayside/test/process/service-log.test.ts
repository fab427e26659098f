// What a service writes by the server's log: `log` from the package, and the log of a request.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { program } from '../../harness/paths';
import { service } from '../../harness/project';
import { run } from '../../harness/run';
import { get, logOf, ports, project, serve, useServer } from '../../harness/server';

useServer();

const trace_id = '0af7651916cd43dd8448eb211c80319c';
const span_id = 'b7ad6b7169203331';
const headers = { 'X-Request-Id': 'id-1', traceparent: `00-${trace_id}-${span_id}-01` };

/** One that writes when it is loaded, when it is made and when it is asked. */
const logging = `
  import express from 'express';
  import { log } from 'quayside';
  log.info('loaded');
  export function createApp() {
    log.info('made');
    const app = express();
    app.get('/', (req, res) => { req.log.info({ of: 'request' }, 'asked'); log.debug('hidden'); res.send('ok'); });
    return app;
  }`;

/** What is to be found among the lines, of a message. */
const lineOf = (lines: Record<string, unknown>[], msg: string) => lines.find((line) => line.msg === msg);

test.each([
  ['CommonJS', 'app.cjs', ts.ModuleKind.CommonJS],
  ['an ES module', 'app.mjs', ts.ModuleKind.ESNext],
])('%s: its lines are those of its worker, and of the request', async (_, file, module) => {
  const { outputText } = ts.transpileModule(logging, { compilerOptions: { module, esModuleInterop: true } });
  writeFileSync(join(project.dir, file), outputText);
  const server = run(program, { args: ['serve', file], cwd: project.dir, env: { ...ports, WORKERS: '1' } });
  await server.line(/"ready"/);
  await get('/', { headers });
  await server.line(/"msg":"request"/);
  const lines = logOf(server);
  const common = { level: 'info', time: expect.any(String) as string, worker: 1 };
  expect(lineOf(lines, 'loaded')).toEqual({ ...common, msg: 'loaded' });
  expect(lineOf(lines, 'made')).toEqual({ ...common, msg: 'made' });
  expect(lineOf(lines, 'asked')).toEqual({ ...common, id: 'id-1', trace_id, span_id, of: 'request', msg: 'asked' });
  expect(lineOf(lines, 'hidden')).toBeUndefined();
});

test('a log that is imported before the worker sets it up becomes the same', async () => {
  project.replaceService(logging);
  const file = join(project.dir, 'early.js');
  writeFileSync(file, `require('quayside');`);
  const server = await serve({ WORKERS: '1', LOG_LEVEL: 'debug', NODE_OPTIONS: `--require ${file}` });
  await get();
  await server.line(/"worker":1,.*"msg":"hidden"/);
});

test('a trace is in the line of the request, of its failure, and of its time', async () => {
  const server = await serve(
    { WORKERS: '1', REQUEST_TIMEOUT: '1' },
    `app.get('/fails', () => { throw new Error('broken'); });
     app.get('/hangs', () => undefined);`,
  );
  await get('/fails', { headers });
  await get('/hangs', { headers });
  await server.line(/"path":"\/hangs","status":503/);
  const traced = logOf(server).filter((line) => line.trace_id === trace_id && line.span_id === span_id);
  expect(traced.map(({ msg }) => msg)).toEqual([
    'request failed',
    'request',
    'no answer within REQUEST_TIMEOUT=1 s',
    'request',
  ]);
});

test('a trace that is not valid is in no line, nor is anything of it', async () => {
  const server = await serve({ WORKERS: '1' });
  const forged = `00-${trace_id}-${span_id}-01-","level":"fatal`;
  for (const traceparent of [forged, [headers.traceparent, headers.traceparent], 'x'.repeat(10_000)]) {
    await get('/', { headers: { traceparent } });
  }
  await server.line(/("msg":"request"[^]*){3}/);
  expect(server.output()).not.toMatch(/trace|span|fatal|xxx/);
});

test('a service that has the same names in its own lines does not disturb those of the server', async () => {
  project.replaceService(
    service(`app.get('/', (req, res) => { req.log.info({ id: 'own' }, 'own'); req.log = null; res.send('ok'); });`),
  );
  const server = await serve({ WORKERS: '1' });
  await get('/', { headers });
  await server.line(/"worker":1,"id":"id-1",.*"msg":"request"/);
});

test('of an error its type, message and stack are written; what is none is written as it is', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (req, res) => {
      req.log.error({ err: Object.assign(new TypeError('broken'), { config: 'secret' }) }, 'an error');
      for (const err of [null, undefined, 'text', 7]) req.log.warn({ err }, 'none');
      res.send('ok');
    });`,
  );
  expect((await get()).status).toBe(200);
  await server.line(/"msg":"request"/);
  const errors = logOf(server).filter(({ level }) => level !== 'info');
  const [first, ...others] = errors.map(({ err }) => err);
  expect(first).toEqual({
    type: 'TypeError',
    message: 'broken',
    stack: expect.stringMatching(/^TypeError: broken\n/) as string,
  });
  expect(others).toEqual([null, undefined, 'text', 7]);
});

describe('outside of a server', () => {
  const script = `
    const { fstatSync, readdirSync } = require('node:fs');
    const inode = (fd) => { try { return fstatSync(fd).ino; } catch { return undefined; } };
    const toStdout = () => readdirSync('/proc/self/fd').filter((fd) => inode(Number(fd)) === inode(1));
    const held = () => [...toStdout(), ...process.eventNames()].join();
    const before = held();
    const { log } = require('quayside');
    const after = held();
    log.info({ a: 1 }, 'said');
    log.debug('more');
    console.log(before === after);`;
  const said = (env: NodeJS.ProcessEnv) => {
    writeFileSync(join(project.dir, 'script.js'), script);
    const { PATH } = process.env;
    return execFileSync(process.execPath, ['script.js'], { cwd: project.dir, env: { PATH, ...env }, encoding: 'utf8' });
  };

  test.each([{}, { LOG_LEVEL: '' }, { LOG_LEVEL: 'toString' }])(
    '%j: it writes JSON from info on, and does nothing else',
    (env) => {
      expect(said(env)).toMatch(/^\{"level":"info","time":"[^"]+","a":1,"msg":"said"\}\ntrue\n$/);
    },
  );

  test.each([
    ['debug', 2],
    ['error', 0],
    ['silent', 0],
  ])('LOG_LEVEL=%s', (LOG_LEVEL, count) => {
    expect(said({ LOG_LEVEL }).match(/"level"/g) ?? []).toHaveLength(count);
  });
});
