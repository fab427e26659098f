// What is printed, where nobody reads it.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync } from 'node:fs';
import { Agent } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { program } from '../../harness/paths';
import { service } from '../../harness/project';
import { endAll, run, type Running } from '../../harness/run';
import { get, logOf, metrics, ports, project, serve, stats, useServer, workers } from '../../harness/server';

useServer();

const MB = 2 ** 20;
/** Each line is a thousand bytes. */
const printing = `
  let printed = 0;
  app.get('/', (_req, res) => { res.send('ok'); });
  app.get('/print', (req, res) => {
    for (let count = 0; count < Number(req.query.lines); count += 1) console.log(\`\${printed++} \`.padEnd(999, 'x'));
    res.send('printed');
  });
  app.get('/write', (req, res) => {
    process.stdout.write(\`\${'x'.repeat(999)}\n\`.repeat(Number(req.query.lines)));
    res.send('written');
  });
  app.get('/block', () => { for (;;); });`;

/** A pipe that nobody reads until it is asked for what is in it. */
class Pipe {
  private readonly socket: Socket;
  private text = '';

  constructor() {
    const path = join(project.dir, 'pipe');
    execFileSync('mkfifo', [path]);
    // Both ends, so that it does not end before somebody has opened it to write.
    this.socket = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
    this.socket.pause();
    this.socket.on('data', (chunk: Buffer) => {
      this.text += String(chunk);
    });
  }

  /** Reads until a line matches. */
  async readTo(pattern: RegExp): Promise<string> {
    this.socket.resume();
    for (let from = 0, end; ; from = end) {
      end = this.text.lastIndexOf('\n') + 1;
      if (pattern.test(this.text.slice(from, end))) return this.text;
      await once(this.socket, 'data');
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

let pipe: Pipe;
beforeEach(() => {
  pipe = new Pipe();
});
afterEach(async () => {
  await endAll();
  pipe.close();
});

/** Starts the server with its output, or stdout alone, in the pipe. */
async function startUnread(env: NodeJS.ProcessEnv = {}, into = '>pipe 2>&1'): Promise<Running> {
  project.replaceService(service(printing));
  const server = run('sh', {
    args: ['-c', `exec "$0" serve dist/identidock.js ${into}`, program],
    cwd: project.dir,
    env: { ...ports, WORKERS: '2', ...env },
  });
  await eventually(async () => (await workers()).every(({ accepting }) => accepting === 1) || undefined);
  return server;
}

const dropped = async () => (await metrics('log_lines_dropped_total'))[0] ?? 0;

/** More than a pipe takes. */
async function fill(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const answers = await Promise.all(Array.from({ length: 1000 }, () => get(`/?${'x'.repeat(100)}`, { agent })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1000);
  await get('/print?lines=1000', { agent });
  agent.destroy();
}

test.each(['>pipe 2>&1', '>pipe'])(
  '%s: requests, stats, the kill of a blocked worker and the stop go on',
  async (into) => {
    const server = await startUnread({ HARAKIRI: '1' }, into);
    await fill();
    const before = await workers();
    await expect(get('/block')).rejects.toThrow('socket hang up');
    await eventually(
      async () =>
        (await workers()).some(({ harakiri_count, accepting }) => harakiri_count === 1 && accepting === 1) || undefined,
    );
    expect((await workers()).filter(({ pid }) => before.some((worker) => worker.pid === pid))).toHaveLength(1);
    await fill();
    server.kill('SIGHUP');
    await eventually(
      async () => (await workers()).every(({ pid }) => !before.some((worker) => worker.pid === pid)) || undefined,
    );
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  },
);

test('memory is bounded, and what is dropped is counted and said; nothing else is missing, and each line is whole', async () => {
  await startUnread({ WORKERS: '1', ACCESS_LOG: 'off' });
  const lines = 60_000;
  for (let count = 0; count < lines; count += 1000) await get('/print?lines=1000');
  // Kept are 16 MB here, and what the pipe itself takes.
  await eventually(async () => (await dropped()) > lines - 17_000 || undefined);
  const [resident = 0] = await metrics('process_resident_memory_bytes');
  expect(resident).toBeLessThan(150 * MB);

  await pipe.readTo(/"level":"warn".*"dropped":/);
  await get('/print?lines=1');
  const all = (await pipe.readTo(new RegExp(`^${String(lines)} x+$`, 'm'))).split('\n').slice(0, -1);
  const said = all.flatMap((line) => /"level":"warn".*"dropped":(\d+)/.exec(line)?.[1] ?? []);
  const lost = said.reduce((total, count) => total + Number(count), 0);
  expect(await dropped()).toBe(lost);
  const printed = all.filter((line) => !line.startsWith('{'));
  expect(printed.filter((line) => !/^\d+ x+$/.test(line) || line.length !== 999)).toEqual([]);
  expect(printed).toHaveLength(lines + 1 - lost);
});

test('what is read costs the primary no memory: it is given back', async () => {
  await startUnread({ WORKERS: '1', ACCESS_LOG: 'off' }, '>/dev/null');
  const residentAfter = async (kilobytes: number) => {
    for (let count = 0; count < kilobytes; count += 1000) await get('/write?lines=1000');
    return (await metrics('process_resident_memory_bytes'))[0] ?? NaN;
  };
  const before = await residentAfter(5000);
  // Without early collections, the buffers that it was read into are 32 MB here.
  expect((await residentAfter(100_000)) - before).toBeLessThan(16 * MB);
});

test('also where stdout is a socket', async () => {
  project.replaceService(service(printing));
  const child: ChildProcess = spawn(program, ['serve', 'dist/identidock.js'], {
    cwd: project.dir,
    env: { PATH: process.env.PATH, ...ports, WORKERS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await eventually(async () => (await workers()).every(({ accepting }) => accepting === 1) || undefined);
  await get('/print?lines=40000');
  expect(await eventually(async () => (await dropped()) || undefined)).toBeGreaterThan(0);
  expect(await get()).toMatchObject({ status: 200 });
  const exited = once(child, 'exit');
  process.kill((await stats()).pid, 'SIGTERM');
  expect(await exited).toEqual([0, null]);
  child.stdout?.resume();
});

test('a burst that is read more slowly than it is printed loses nothing', async () => {
  await startUnread({ WORKERS: '1', ACCESS_LOG: 'off' });
  const lines = 20_000;
  const printed = get(`/print?lines=${String(lines)}`);
  const text = await pipe.readTo(new RegExp(`^${String(lines - 1)} x+$`, 'm'));
  expect(await printed).toMatchObject({ body: 'printed' });
  expect(text.split('\n').filter((line) => /^\d+ x+$/.test(line))).toHaveLength(lines);
  expect(await dropped()).toBe(0);
});

test('the development server goes on, too', async () => {
  project.replaceService(service(printing));
  const server = run('sh', {
    args: ['-c', 'exec "$0" dev app/identidock.ts >pipe 2>&1', program],
    cwd: project.dir,
    env: { ...ports, INSPECT_PORT: 'off' },
  });
  await eventually(async () => (await get()).body === 'ok' || undefined);
  await fill();
  project.replaceService(service(printing.replace("'ok'", "'new'")));
  await eventually(async () => (await get()).body === 'new' || undefined);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('what is read slowly, but read, is there to the last line', async () => {
  const server = await startUnread();
  await fill();
  server.kill('SIGTERM');
  const text = await pipe.readTo(/"msg":"stopped"/);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(text.split('\n').filter((line) => line.includes('"msg":"request"'))).toHaveLength(1001);
});

test('what the service prints comes by whole lines, also the last one of a worker', async () => {
  const server = await serve(
    { WORKERS: '2', ACCESS_LOG: 'off' },
    `app.get('/', (_req, res) => {
       process.stdout.write('half a ');
       process.stderr.write('and an error');
       res.send('ok');
       setTimeout(() => { process.stdout.write('line\\nno end'); process.exit(3); }, 10);
     });`,
  );
  await get();
  await server.line(/^half a line$/);
  await server.line(/^no end$/);
  await server.line(/^and an error$/);
  await server.line(/"code":3,.*"worker died"/);
});

test('a process that keeps the stdout of an ended worker open does not keep another one from its place', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `const { spawn } = require('node:child_process');
     app.get('/', (_req, res) => { res.send('ok'); });
     app.get('/leave', () => {
       console.log('left', spawn('sleep', ['300'], { stdio: 'inherit', detached: true }).pid);
       process.exit(3);
     });`,
  );
  await get('/leave').catch(() => undefined);
  const left = Number((await server.line(/^left (\d+)$/))[1]);
  try {
    await server.line(/"worker died"/);
    await server.line(/"worker up"/);
    expect(await get()).toMatchObject({ status: 200 });
    expect(logOf(server).filter(({ msg }) => msg === 'worker died')).toHaveLength(1);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  } finally {
    process.kill(left);
  }
});
