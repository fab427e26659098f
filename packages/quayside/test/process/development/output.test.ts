// What the development server prints, as whoever edits the service sees it.
import { renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { service } from '../../../harness/project';
import {
  get,
  port,
  project,
  save,
  says,
  serve,
  start,
  startOnTerminal,
  until,
  useDevelopment,
  write,
} from '../../../harness/development';

useDevelopment();

describe('the address to open', () => {
  test('is the first line, and how long the start took the next', async () => {
    const server = await serve(says('old'));
    const time = '\\d\\d:\\d\\d:\\d\\d';
    const lines = `^${time} open http://localhost:${String(port)}\n${time} serving after \\d+ ms\n$`;
    expect(server.output()).toMatch(new RegExp(lines));
  });

  test('is PUBLIC_URL where that is set', async () => {
    const server = start({ PUBLIC_URL: 'https://orders.example' });
    await server.line(/^[\d:]+ open https:\/\/orders\.example$/);
  });

  test('is not all that is said at debug', async () => {
    const server = start({ LOG_LEVEL: 'debug' });
    await server.line(new RegExp(`DEBUG: listening {"host":"127.0.0.1","port":${String(port)}}$`));
  });
});

describe('a reload is one line', () => {
  test('with the file that has changed, also one that is gone', async () => {
    const server = await serve(says('old'));
    save(says('new'));
    await server.line(/^[\d:]+ serving after \d+ ms: app\/identidock\.ts$/);
    write('part.ts', 'export {};\n');
    await server.line(/^[\d:]+ serving after \d+ ms: app\/part\.ts$/);
    rmSync(join(project.dir, 'app/part.ts'));
    await server.line(/(app\/part\.ts\n[^]*){2}/);
  });

  test('without the file by which an editor replaces it', async () => {
    const server = await serve(says('old'));
    write('identidock.ts.new', service(says('new')));
    renameSync(join(project.dir, 'app/identidock.ts.new'), join(project.dir, 'app/identidock.ts'));
    await server.line(/serving after \d+ ms: app\/identidock\.ts$/);
  });

  test('with its own file alone, where nodemon gathers no changes', async () => {
    write('../nodemon.json', JSON.stringify({ delay: 0 }));
    const server = await serve(says('old'));
    for (const name of ['one', 'two']) {
      write(`${name}.ts`, 'export {};\n');
      await server.line(new RegExp(`serving after \\d+ ms: app/${name}\\.ts$`));
    }
  });

  test('with their number, where several have changed, be it one after the other', async () => {
    const server = await serve(says('old'), { LOG_LEVEL: 'debug' });
    project.replaceService(`
      import { existsSync } from 'node:fs';
      console.log('starting');
      export async function createApp() {
        while (!existsSync('gate')) await new Promise((resolve) => setTimeout(resolve, 10));
        return (await import('express')).default();
      }`);
    await server.line(/starting/);
    for (const name of ['one', 'two', 'three']) {
      write(`${name}.ts`, 'export {};\n');
      await server.line(new RegExp(`DEBUG: changed: app/${name}\\.ts$`));
    }
    write('../gate', '');
    await server.line(/serving after \d+ ms: app\/identidock\.ts and 3 more$/);
    write('one.ts', 'export const one = 1;\n');
    await server.line(/serving after \d+ ms: app\/one\.ts$/);
  });
});

describe('a request is one line', () => {
  test('without what is for machines, and no wider than 80 columns where there is no terminal', async () => {
    const server = await serve(says('old'));
    const id = 'id-1';
    await get('/?query=secret', { 'X-Request-Id': id });
    await server.line(/^[\d:]+ GET \/ 200 (<1|\d+) ms$/);
    await get(`/${'x'.repeat(100)}`);
    const [line] = await server.line(/^[\d:]+ GET \/x+… 404 (<1|\d+) ms$/);
    expect(line).toHaveLength(80);
    expect(server.output()).not.toMatch(/secret|id-1|127\.0\.0\.1/);
  });

  test('with all of it at debug', async () => {
    const server = await serve(says('old'), { LOG_LEVEL: 'debug' });
    const path = `/${'x'.repeat(100)}`;
    await get(path, { 'X-Request-Id': 'id-1' });
    await server.line(
      new RegExp(`^[\\d:]+ GET ${path} 404 [\\d.]+ ms {"id":"id-1","bytes":\\d+,"client":"127\\.0\\.0\\.1"}$`),
    );
    await get('/livez');
    await server.line(/^[\d:]+ DEBUG: GET \/livez 200 /);
  });

  test('that says where it was aborted', async () => {
    const server = await serve(`app.get('/', (_req, res) => { res.write('half'); console.log('half is sent'); });`);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.line(/half is sent/);
    socket.resetAndDestroy();
    await server.line(/^[\d:]+ GET \/ 200 \d+ ms aborted$/);
  });
});

test('an error is whole, and acts on no terminal', async () => {
  const server = await serve(`app.get('/', (req) => { throw new Error(\`one\\ntwo \${String(req.query.x)}\`); });`);
  await get('/?x=%1b%5b2J%c2%9b2J', { 'X-Request-Id': 'id-1' });
  await server.line(
    /^[\d:]+ ERROR: request failed GET \/ {"id":"id-1"}\n {4}Error: one\n {4}two \\x1b\[2J\\x9b2J\n {8}at .*identidock\.ts:5/,
  );
  await server.line(/^[\d:]+ GET \/ 500 /);
});

test('what the service prints is left as it is', async () => {
  const server = await serve(`console.log('one\\n  two \\u001b[31mthree');`);
  expect(server.output()).toMatch(/^one\n {2}two \x1b\[31mthree$/m);
});

describe('colours', () => {
  const wrong = `const count: number = 'one';\n${service(`console.log({ count }); ${says('wrong')}`)}`;
  const typeError = /\x1b\[\d+mapp\/identidock\.ts\x1b\[0m:.*error.*TS2322/;

  test('are on a terminal, whose width is that of a request', async () => {
    project.replaceService(wrong);
    const server = startOnTerminal(60);
    await server.line(/^\x1b\[90m[\d:]+\x1b\[39m open \x1b\[36mhttp:\/\/localhost:\d+\x1b\[39m\r$/);
    await server.line(typeError);
    await get(`/${'x'.repeat(100)}`);
    const [line] = await server.line(/^.*GET \/x+… \x1b\[33m404\x1b\[39m .*(?=\r$)/);
    expect(line.replace(/\x1b\[\d+m/g, '')).toHaveLength(60);
  });

  test('are not in the answers', async () => {
    project.replaceService('export const createApp = ( => 1;\n');
    const server = startOnTerminal(80);
    await server.line(/Waiting for a change/);
    // The compiler's.
    expect(server.output()).toMatch(/\x1b\[\d+merror\x1b/);
    expect((await get()).body).toMatch(/^500 [^]*identidock\.ts[^]*error/);
    expect((await get()).body).not.toContain('\x1b');
  });

  test('are nowhere else, but where FORCE_COLOR asks for them', async () => {
    project.replaceService(wrong);
    const plain = start();
    await plain.line(/types: 1 wrong\napp\/identidock\.ts\(1,7\): error TS2322/);
    await get('/none');
    await plain.line(/GET \/none/);
    expect(plain.output()).not.toContain('\x1b');
    plain.kill('SIGTERM');
    await plain.closed;

    const forced = start({ FORCE_COLOR: '1', NO_COLOR: '' });
    await forced.line(typeError);
    await get('/none');
    await forced.line(/GET \/none \x1b\[33m404\x1b/);
    await forced.line(/^{ count: .*\x1b\[32m'one'/);
  });

  test('are nowhere where NO_COLOR is set, in what the service prints neither', async () => {
    project.replaceService(wrong);
    const server = startOnTerminal(80, { NO_COLOR: '1', FORCE_COLOR: '1' });
    await server.line(/types: 1 wrong/);
    await until('wrong');
    await server.line(/GET \/ 200/);
    await server.line(/^{ count: 'one' }/);
    expect(server.output()).not.toMatch(/\x1b|Warning/);
  });
});
