import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Debugger } from '../../../harness/debugger';
import { hold } from '../../../harness/ports';
import { get, inspectPort, project, save, says, serve, until, useDevelopment } from '../../../harness/development';

useDevelopment();

const url = () => pathToFileURL(join(project.dir, 'app/identidock.ts')).href;

const routes = (text: string) => `app.get('/', (_req, res) => {
    const text = '${text}';
    res.send(text);
  });`;
/** Of \`res.send\`, in the service that project.ts wraps around these routes. */
const LINE = 7;

test('a breakpoint by file and line of the source is hit, and again after a reload', async () => {
  const server = await serve(routes('old'));
  for (const text of ['old', 'new']) {
    if (text === 'new') save(routes(text));
    await server.line(new RegExp(text === 'old' ? 'serving' : '(serving[^]*){2}'));
    const session = await Debugger.attach(inspectPort);
    await session.breakAt(url(), LINE);
    const where = session.paused();
    const answer = get();
    expect(await where).toEqual({ url: url(), line: LINE });
    await session.resume();
    expect((await answer).body).toBe(text);
  }
  // The code does not wait for the debugger to leave.
  expect(server.output()).not.toContain('still in flight');
});

test('a save while the code is paused at a breakpoint is served', async () => {
  const server = await serve(routes('old'));
  const session = await Debugger.attach(inspectPort);
  await session.breakAt(url(), LINE);
  const where = session.paused();
  const cut = expect(get()).rejects.toThrow('socket hang up');
  await where;
  save(says('new'));
  await cut;
  await until('new');
  await server.line(/still in flight/);
});

test('a port of the debugger that is taken costs the debugger alone', async () => {
  const holder = await hold(inspectPort);
  const server = await serve(says('old'));
  await server.line(new RegExp(`INSPECT_PORT=${String(inspectPort)} is already taken`));
  expect((await get()).body).toBe('old');
  holder.close();
});

test('off: there is none', async () => {
  await serve(says('old'), { INSPECT_PORT: 'off' });
  (await hold(inspectPort)).close();
});

test('one that an editor has opened is left to it', async () => {
  const server = await serve(says('old'), { NODE_OPTIONS: '--inspect=127.0.0.1:0' });
  expect((await get()).body).toBe('old');
  expect(server.output()).not.toContain('ERROR');
});
