import { once } from 'node:events';
import { closeSync, copyFileSync, openSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { program } from '../../../harness/paths';
import { service } from '../../../harness/project';
import { run } from '../../../harness/run';
import {
  get,
  port,
  project,
  save,
  says,
  serve,
  served,
  start,
  until,
  useDevelopment,
  write,
} from '../../../harness/development';

useDevelopment();

const notStarting = {
  'a syntax error': [
    "import express from 'express';\nexport function createApp( {\n}\n",
    /identidock\.ts\(4,1\): error TS1005/,
  ],
  'a throw at start': [
    "export function createApp() {\n  throw new Error('half-way');\n}\n",
    /half-way\n +at .*createApp .*identidock\.ts:2:9/,
  ],
  'a rejected promise': [
    "export async function createApp() {\n  throw new Error('half-way');\n}\n",
    /half-way\n +at .*createApp .*identidock\.ts:2:9/,
  ],
  'a throw that nobody awaits': [
    "export async function createApp() {\n  setTimeout(() => {\n    throw new Error('later');\n  });\n  await new Promise(() => {});\n}\n",
    /later\n +at .*identidock\.ts:3:11/,
  ],
  'a missing module': [
    "import 'no-such-module';\nexport const x = 1;\n",
    /Cannot find module 'no-such-module'[^]*identidock\.ts:1:1/,
  ],
  'an app of Express 4': [
    "exports.createApp = () => require('express4')();\n",
    /identidock\.ts returns an Express 4 app from createApp: expected Express 5; install express@5, or mount it/,
  ],
  'a handler in place of an app': [
    'export const createApp = () => () => undefined;\n',
    /identidock\.ts returns function from createApp: expected an Express app; express\(\)\.use\(handler\) makes one/,
  ],
  'no createApp': ['export {};\n', /identidock\.ts does not export createApp: expected a function/],
} as const;

test.each(Object.entries(notStarting))(
  '%s: the log and the answers say where, until it is mended',
  async (_, [source, says_]) => {
    const server = await serve(says('old'));
    project.replaceService(source);
    await server.line(says_);
    await server.line(/Waiting for a change/);
    const { status, headers, body } = await get();
    expect(status).toBe(500);
    expect(headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    expect(body).toMatch(says_);
    save(says('mended'));
    await until('mended');
  },
);

test('a service that does not start at first is waited for', async () => {
  project.replaceService(notStarting['a throw at start'][0]);
  const server = start();
  await server.line(/Waiting for a change/);
  expect(await get('/readyz')).toMatchObject({ status: 500 });
  save(says('mended'));
  await until('mended');
});

test('a broken file that the service imports is said, too, and mended', async () => {
  write('part.ts', "export const part = 'old';\n");
  const server = await serve();
  project.replaceService(
    `import { part } from './part';\n${service("app.get('/', (_req, res) => { res.send(part); });")}`,
  );
  await until('old');
  write('part.ts', 'export const broken = ;\n');
  await server.line(/part\.ts\(1,23\): error TS1109/);
  write('part.ts', "export const part = 'mended';\n");
  await until('mended');
});

test.each([
  [
    'text/html,application/xhtml+xml,*/*;q=0.8',
    'text/html; charset=utf-8',
    /<pre>[^]*Error: a &#60;b&#62;\n +at .*app\/identidock\.ts:5/,
  ],
  ['*/*', 'text/plain; charset=utf-8', /Error: a <b>\n +at .*app\/identidock\.ts:5/],
  ['application/json', 'application/json', /"trace":"Error: a <b>\\n +at .*app\/identidock\.ts:5/],
])('a throw in a handler, for Accept: %s', async (Accept, type, trace) => {
  const server = await serve(`app.get('/', () => { throw new Error('a <b>'); });`);
  const { status, headers, body } = await get('/', { Accept });
  expect(status).toBe(500);
  expect(headers['content-type']).toBe(type);
  expect(body).toMatch(trace);
  await server.line(/app\/identidock\.ts:5/);
});

test('a browser is shown why the code does not start', async () => {
  await serve(says('old'));
  project.replaceService(notStarting['a throw at start'][0]);
  let answer = await get('/', { Accept: 'text/html' });
  while (answer.status === 200) answer = await get('/', { Accept: 'text/html' });
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.body).toMatch(/<h1>500 Internal Server Error<\/h1>[^]*half-way\n +at .*createApp .*identidock\.ts:2/);
});

test.each([
  [
    'an exception that nobody handles',
    `setTimeout(() => { throw new Error('unhandled'); });`,
    /unhandled\n +at .*identidock\.ts:5/,
  ],
  [
    'a rejection that nobody handles',
    `void Promise.reject(new Error('unhandled'));`,
    /unhandled\n +at .*identidock\.ts:5/,
  ],
  ['an exit', 'process.exit(3);', /The server exited unexpectedly, exit code 3/],
])('%s ends the code, which says so until it is mended', async (_, does, why) => {
  const server = await serve(`app.get('/', () => { ${does} });`);
  await expect(get()).rejects.toThrow('socket hang up');
  await server.line(why);
  expect((await get()).body).toMatch(why);
  save(says('mended'));
  await until('mended');
});

test('type errors are in the log, delay nothing, and go away', async () => {
  const server = await serve(says('old'));
  project.replaceService(
    `const count: number = 'one';\n${service(`app.get('/', (_req, res) => { res.send(count); });`)}`,
  );
  await until('one');
  await server.line(/app\/identidock\.ts.*1.*7.*error.*TS2322/);
  await server.line(/types: 1 wrong/);
  save(says('right'));
  await server.line(/types: all right again/);
});

test('types that are missing are to be installed where an image has them, too', async () => {
  const server = await serve(`const _notCalled = () => { it('is of a test'); }; ${says('old')}`);
  await server.line(/Try `npm i @types\/jest`/);
  await server.line(/^Keep types in dependencies: /);
  expect(server.output()).not.toContain('--save-dev');
});

test('a service that is gone is said, and found again', async () => {
  const server = await serve(says('old'));
  rmSync(join(project.dir, 'app/identidock.ts'));
  await server.line(/Cannot find module '.*app\/identidock\.ts'/);
  save(says('back'));
  await until('back');
});

test('a connection made while the code is broken, and silent until it is mended, is told to ask again', async () => {
  const server = await serve(says('old'));
  project.replaceService(notStarting['a throw at start'][0]);
  await server.line(/Waiting for a change/);
  const socket = connect(port, '127.0.0.1');
  await get();
  save(says('mended'));
  await until('mended');
  socket.write('GET /path?query HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 307 [^]*\r\nLocation: \/path\?query\r\n/);
});

test('an upload to code that is broken gets the answer, too', async () => {
  const server = await serve(says('old'));
  project.replaceService(notStarting['a throw at start'][0]);
  await server.line(/Waiting for a change/);
  for (let index = 0; index < 5; index += 1) {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', agent: false }).end(Buffer.alloc(5_000_000));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(500);
    expect(await text(response)).toContain('half-way');
  }
});

/** Messages that are nobody's, among them some that look as the server's own. */
const garbage = `[
  null, 1, 'ready', [], {}, { type: 'ready' }, { type: 'failed' }, { type: 'failed', reason: 'none' }, { type: 'begun' },
  { type: 'loading', change: 99 }, { type: 'serving' }, { quayside: null }, { quayside: 'ready' }, { cmd: 'ready' },
]`;

test('messages of the service are nobody’s', async () => {
  const odd = (answer: string) => `
    const send = () => { for (const message of ${garbage}) process.send?.(message); };
    const hear = () => { for (const message of ${garbage}) process.emit('message', message, undefined); };
    send();
    ${service(`app.get('/', (_req, res) => { send(); hear(); res.send('${answer}'); });`)}`;
  project.replaceService(odd('old'));
  const server = start();
  await server.line(/serving/);
  for (let index = 0; index < 5; index += 1) expect((await get()).body).toBe('old');
  project.replaceService(odd('new'));
  await until('new');
  expect(server.output()).not.toMatch(/ERROR/);
  expect(served(server)).toBe(2);
});

test.each([
  ['removes all listeners', 'process.removeAllListeners();'],
  ['replaces process.send', 'process.send = () => true;'],
  ['deletes process.send', 'delete process.send;'],
])('a service that %s is reloaded all the same', async (_, does) => {
  const server = await serve(
    `${does}\n${says('old')}\napp.get('/again', (_req, res) => { ${does} res.send('again'); });`,
  );
  await until('old');
  expect((await get('/again')).body).toBe('again');
  save(says('new'));
  await until('new');
  expect(server.output()).not.toMatch(/ERROR|WARN/);
});

test('a service that cuts its worker off is said to have ended, and the connections behind it are told so', async () => {
  const server = await serve(`app.get('/', () => { process.disconnect(); });`);
  await expect(get()).rejects.toThrow('socket hang up');
  await server.line(/The server exited unexpectedly, exit code 0/);
  expect((await get()).body).toMatch(/The server exited unexpectedly/);
  save(says('mended'));
  await until('mended');
});

test('where Node cannot be started, as while it is replaced, that is said, until it can', async () => {
  project.replaceService(service(says('old')));
  const node = join(project.dir, 'node');
  copyFileSync(process.execPath, node);
  const server = run(node, {
    args: [program, 'dev', 'app/identidock.ts'],
    cwd: project.dir,
    env: { PORT: String(port), INSPECT_PORT: 'off', LOG_LEVEL: 'debug' },
  });
  await server.line(/serving(?:[^]*ready for the next change){2}/);
  rmSync(node);
  const written = openSync(node, 'w', 0o755);
  // By the workers that were ready before.
  for (const answer of ['new', 'newer']) {
    save(says(answer));
    await until(answer);
  }
  save(says('newest'));
  await server.line(/ETXTBSY\nWaiting for a change/);
  expect(await get()).toMatchObject({ status: 500, body: expect.stringMatching(/ETXTBSY/) as string });
  closeSync(written);
  copyFileSync(process.execPath, node);
  save(says('last'));
  await until('last');
});
