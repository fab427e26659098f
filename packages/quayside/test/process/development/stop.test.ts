import { hold } from '../../../harness/ports';
import { run } from '../../../harness/run';
import {
  get,
  inspectPort,
  port,
  project,
  save,
  says,
  serve,
  start,
  until,
  useDevelopment,
} from '../../../harness/development';

useDevelopment();

const over = { code: 0, signal: null };

/** That nothing is left shows in the end of the output, which each process that was started holds open. */
test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends it with exit code 0, and nothing is left',
  async (signal) => {
    const server = await serve();
    server.kill(signal);
    expect(await server.exited).toEqual(over);
    await server.closed;
    expect(server.output()).not.toContain('ERROR');
    await expect(get()).rejects.toThrow('ECONNREFUSED');
  },
);

test('Ctrl-C, which reaches every process, ends it with exit code 0', async () => {
  const server = await serve();
  server.killGroup('SIGINT');
  expect(await server.exited).toEqual(over);
  await server.closed;
  expect(server.output()).not.toContain('ERROR');
});

test('npm run dev: Ctrl-C, of which npm makes two', async () => {
  const env = { PORT: String(port), INSPECT_PORT: String(inspectPort) };
  const server = run('npm', { args: ['run', 'dev'], cwd: project.dir, env });
  await server.line(/serving/);
  server.killGroup('SIGINT');
  expect(await server.exited).toEqual(over);
  await server.closed;
});

test('what is in flight is waited for, but not for long', async () => {
  const server = await serve(`
    app.get('/soon', (_req, res) => {
      console.log('soon');
      process.on('message', ({ type }) => type === 'drain' && setTimeout(() => res.send('done'), 50));
    });
    app.get('/never', () => { console.log('never'); });`);
  const soon = get('/soon');
  const never = expect(get('/never')).rejects.toThrow('socket hang up');
  await server.line(/never/);
  await server.line(/soon/);
  // As Ctrl-C does it, every process gets the signal.
  server.killGroup('SIGINT');
  expect((await soon).body).toBe('done');
  await server.line(/still in flight after 500 ms/);
  await never;
  expect(await server.exited).toEqual(over);
  await server.closed;
});

test('it ends although the code hangs in a loop, or has not started yet', async () => {
  const server = await serve(`app.get('/', () => { console.log('blocking'); for (;;); });`);
  const cut = expect(get()).rejects.toThrow('socket hang up');
  await server.line(/blocking/);
  server.kill('SIGTERM');
  await cut;
  expect(await server.exited).toEqual(over);
  await server.closed;

  project.replaceService("console.log('starting');\nexport const createApp = () => new Promise(() => {});\n");
  const other = start();
  await other.line(/starting/);
  other.kill('SIGTERM');
  expect(await other.exited).toEqual(over);
  await other.closed;
});

test.each([
  ['serves', says('old'), ''],
  ['hangs in a loop', `app.get('/', () => { console.log('blocking'); for (;;); });`, 'blocking'],
])('killed, it leaves nothing behind while the code %s', async (_, routes, line) => {
  const server = await serve(routes);
  const answer = get().catch(() => undefined);
  await server.line(new RegExp(line));
  server.kill('SIGKILL');
  await answer;
  await server.closed;
  await expect(get()).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken: an error that names it, and no other port instead', async () => {
  const holder = await hold(port);
  const server = start();
  expect(await server.exited).toEqual({ code: 1, signal: null });
  await server.line(new RegExp(`PORT=${String(port)}: port ${String(port)} on 127\\.0\\.0\\.1 is already taken`));
  await server.closed;
  holder.close();
});

test('a service that handles SIGTERM in its own way is replaced all the same', async () => {
  await serve(`process.on('SIGTERM', () => undefined); ${says('old')}`);
  save(says('new'));
  await until('new');
});
