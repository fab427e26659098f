import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../harness/eventually';
import { fetch } from '../../../harness/fetch';
import { program } from '../../../harness/paths';
import { promisedService, service } from '../../../harness/project';
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

test('serves, and serves an edit without any further command', async () => {
  await serve();
  expect(await get()).toMatchObject({ status: 200, body: 'Hello Docker!\n', headers: { connection: 'close' } });
  expect(await get('/readyz')).toMatchObject({ status: 200 });
  const source = readFileSync(join(project.dir, 'app/identidock.ts'), 'utf8');
  write('identidock.ts', source.replace('Hello Docker!', 'Hello again!'));
  await until('Hello again!\n');
});

test('the service may be a promise', async () => {
  project.replaceService(promisedService(says('promised')));
  await start().line(/serving/);
  expect(await get()).toMatchObject({ body: 'promised' });
});

test('requests over 20 reloads, on kept connections and on new ones: each is answered', async () => {
  await serve(says('0'));
  let over = false;
  const loop = async (agent: Agent | false) => {
    let last = 0;
    while (!over) {
      const { status, body } = await fetch(port, '/', { agent });
      expect(status).toBe(200);
      // No answer is older than the one before.
      expect(Number(body)).toBeGreaterThanOrEqual(last);
      last = Number(body);
    }
  };
  const loops = [loop(false), loop(false), loop(new Agent({ keepAlive: true }))];
  try {
    for (let version = 1; version <= 20; version += 1) {
      save(says(String(version)));
      await until(String(version));
    }
  } finally {
    over = true;
  }
  await Promise.all(loops);
}, 240_000);

const gated = (answer: string) => `
  import { existsSync } from 'node:fs';
  ${service(says(answer)).replace('export function createApp() {', 'export async function createApp() {\n  await open();')}
  async function open() {
    console.log('starting');
    while (!existsSync('gate')) await new Promise((resolve) => setTimeout(resolve, 10));
  }`;

test('a connection made during a reload waits, and is answered by the new code', async () => {
  const server = await serve(says('old'));
  project.replaceService(gated('new'));
  await server.line(/starting/);
  const answers = [get(), get(), get()];
  write('../gate', '');
  for (const answer of answers) expect((await answer).body).toBe('new');
});

test('a save during a reload is the one that is served', async () => {
  const server = await serve(says('old'));
  project.replaceService(gated('between'));
  await server.line(/starting/);
  const answer = get();
  save(says('new'));
  expect((await answer).body).toBe('new');
  expect(served(server)).toBe(2);
});

test('a connection that was made before and has sent nothing is answered by the new code', async () => {
  await serve(says('old'));
  const socket = connect(port, '127.0.0.1');
  // Those before it have been taken when this one's answer comes.
  await get();
  save(says('new'));
  await until('new');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await text(socket)).toMatch(/\r\n\r\nnew$/);
});

test('a client that has ended its side is answered, and one that leaves harms nobody', async () => {
  await serve(says('answer'));
  const half = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  half.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await text(half)).toMatch(/answer$/);
  for (let index = 0; index < 50; index += 1) {
    const gone = connect(port, '127.0.0.1', () => gone.resetAndDestroy());
    gone.on('error', () => undefined);
  }
  save(says('new'));
  await until('new');
});

/** A route whose answer comes when its server has been told to end. */
const slow = `
  app.get('/slow', (_req, res) => {
    console.log('slow is in flight');
    process.on('message', ({ type }) => type === 'drain' && setTimeout(() => res.send('done'), 50));
  });
  app.get('/never', () => { console.log('never is in flight'); });`;

test('what is in flight at a save is answered by the code that has begun it', async () => {
  const server = await serve(slow);
  const answer = get('/slow');
  await server.line(/slow is in flight/);
  save(says('new'));
  await until('new');
  expect((await answer).body).toBe('done');
  expect(server.output()).not.toContain('still in flight');
});

test('what is in flight for longer than a second is cut, and said so', async () => {
  const server = await serve(slow);
  const cut = expect(get('/never')).rejects.toThrow('socket hang up');
  await server.line(/never is in flight/);
  save(says('new'));
  await cut;
  await server.line(/still in flight after 1000 ms/);
  await until('new');
});

test('an event stream ends with the code that has begun it, and nobody waits for that', async () => {
  const server = await serve(
    `app.get('/events', (_req, res) => { res.set('Content-Type', 'text/event-stream').write('data: 1\\n\\n'); });`,
  );
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => (socket.read() as Buffer | null)?.includes('data: 1') === true || undefined);
  const ended = text(socket);
  save(says('new'));
  await ended;
  await until('new');
  expect(server.output()).not.toContain('still in flight');
});

test('an endless loop: the connections behind it are answered by the code that mends it', async () => {
  const server = await serve(`app.get('/', () => { console.log('blocking'); for (;;); });`);
  const cut = expect(get()).rejects.toThrow('socket hang up');
  await server.line(/blocking/);
  const behind = [get(), get(), get()];
  save(says('new'));
  for (const answer of behind) expect((await answer).body).toBe('new');
  await cut;
});

test('saves that come faster than a worker gets ready are served all the same', async () => {
  const server = await serve(says('0'));
  for (let version = 1; served(server) < 3; version += 1) {
    save(says(String(version)));
    // Nobody types faster than this, but programs write so.
    await pause(150);
  }
});

test('50 files at once are one reload, when they come and when they go', async () => {
  const server = await serve(says('old'));
  // A folder comes and goes at once, whenever this process has the CPU.
  const [outside, inside] = [join(project.dir, 'parts'), join(project.dir, 'app/parts')];
  mkdirSync(outside);
  for (let index = 0; index < 50; index += 1) writeFileSync(join(outside, `part${String(index)}.ts`), 'export {};\n');
  renameSync(outside, inside);
  save(says('came'));
  await until('came');
  renameSync(inside, outside);
  save(says('went'));
  await until('went');
  // Another reload by the same change would come before this one.
  save(says('last'));
  await until('last');
  expect(served(server)).toBe(4);
});

test('a file saved by rename, a new file and a new folder are seen', async () => {
  await serve(says('old'));
  write('identidock.ts.new', service(says('renamed')));
  renameSync(join(project.dir, 'app/identidock.ts.new'), join(project.dir, 'app/identidock.ts'));
  await until('renamed');

  // The parts come one after the other, the last of them in a folder that was not there: no other file changes with it.
  const server = `import { part } from './parts/deep/part';\n${service("app.get('/', (_req, res) => { res.send(part); });")}`;
  project.replaceService(server);
  await eventually(async () => (await get()).status === 500 || undefined);
  mkdirSync(join(project.dir, 'app/parts/deep'), { recursive: true });
  write('parts/deep/part.ts', "export const part = 'found';\n");
  await until('found');
  write('parts/deep/part.ts', "export const part = 'edited';\n");
  await until('edited');
});

test('a folder whose name nodemon takes for a pattern is said', async () => {
  const dir = `${project.dir}[x]`;
  renameSync(project.dir, dir);
  symlinkSync(dir, project.dir);
  const env = { PORT: String(port), INSPECT_PORT: 'off' };
  const server = run(program, { args: ['dev', 'app/identidock.ts'], cwd: dir, env });
  await server.line(/changes will not be noticed: nodemon takes the brackets in .*\[x\]/);
  rmSync(dir, { recursive: true });
});

test('what an editor leaves beside the file is no change', async () => {
  const server = await serve(says('old'));
  for (const name of ['.identidock.ts.swp', 'identidock.ts~', '4913', 'identidock.ts___jb_tmp___']) write(name, '');
  // That nothing happens shows in time alone: ten times as long as a change takes to be heard of.
  for (const end = Date.now() + 300; Date.now() < end;) expect((await get()).body).toBe('old');
  save(says('new'));
  await until('new');
  expect(served(server)).toBe(2);
});

test('an edit of what is compiled ahead of a change is served, too', async () => {
  write('part.ts', "export const part = 'old';\n");
  project.replaceService(
    `import { part } from './part';\n${service("app.get('/', (_req, res) => { res.send(part); });")}`,
  );
  const server = await serve(undefined, { LOG_LEVEL: 'debug' });
  await server.line(/serving after[^]*ready for the next change/);
  write('part.ts', "export const part = 'new';\n");
  await until('new');
  expect(served(server)).toBe(2);
});

test.each([
  ['0', true],
  ['1', false],
])('WATCH_POLL=%s: events of the file system are used: %s', async (WATCH_POLL, used) => {
  const server = await serve(says('old'), { WATCH_POLL });
  save(says('new'));
  await until('new');
  const fds = `/proc/${String(server.pid)}/fdinfo`;
  const watches = readdirSync(fds).filter((fd) => readFileSync(join(fds, fd), 'utf8').includes('inotify wd'));
  expect(watches.length > 0).toBe(used);
});
