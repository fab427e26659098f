// What a service does to the channel between its worker and the primary.
import { eventually } from '../../harness/eventually';
import { service } from '../../harness/project';
import { get, logOf, project, serve, slow, start, useServer, workers } from '../../harness/server';

useServer();

/** Messages that are nobody's, among them some that look as the server's own. */
const garbage = `[
  null, 1, true, 'ready', [], {}, { type: 'beat' }, { type: 'counts' }, { type: 'failing' }, { type: 'unstarted' },
  { quayside: null }, { quayside: 'ready' }, { quayside: [] }, { quayside: { type: 'other' } }, { cmd: 'ready' },
]`;
const sendGarbage = `for (const message of ${garbage}) process.send(message);`;

test('messages of the service are nobody’s, at its start and later', async () => {
  project.replaceService(
    `${sendGarbage}\n${service(`app.get('/', (_req, res) => { ${sendGarbage} res.send('ok'); });`)}`,
  );
  const server = await serve();
  const before = await workers();
  for (let index = 0; index < 10; index += 1) expect((await get()).body).toBe('ok');
  await eventually(async () => (await workers()).reduce((sum, { requests }) => sum + requests, 0) === 10 || undefined);
  expect((await workers()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
  expect(logOf(server).filter(({ level }) => level !== 'info')).toEqual([]);
});

test('what the service says in the name of its worker does not end the primary', async () => {
  const forged = `[
    { type: 'counts' }, { type: 'counts', counts: null, durations: [null, {}, { labels: ['a'] }, 5] }, { type: 'beat' },
    { type: 'beat', vitals: { gc: 5 } }, { type: 'metrics' }, { type: 'metrics', metrics: 5 }, { type: 'closing' },
  ]`;
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (_req, res) => {
       for (const message of ${forged}) process.send({ quayside: message });
       process.send({}, () => res.send('sent'));
     });`,
  );
  expect((await get()).body).toBe('sent');
  await eventually(async () => (await workers())[0]?.requests === 1 || undefined);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('a message to the worker that is not the primary’s is left to the service', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (_req, res) => {
       for (const message of ${garbage}) process.emit('message', message);
       res.send('ok');
     });`,
  );
  expect((await get()).body).toBe('ok');
  expect(await get('/readyz')).toMatchObject({ status: 200 });
  expect(logOf(server).filter(({ level }) => level !== 'info')).toEqual([]);
});

/** What a service may do to the process, and the server goes on hearing and telling all the same. */
const overreaching = {
  'removes all listeners': 'process.removeAllListeners();',
  'removes the listeners of each event': 'for (const event of process.eventNames()) process.removeAllListeners(event);',
  'replaces process.send': 'process.send = () => true;',
  'deletes process.send': 'delete process.send;',
};

test.each(Object.entries(overreaching))('a service that %s is counted, reloaded and stopped', async (_, does) => {
  const server = await serve(
    { WORKERS: '1', GRACE: '30' },
    `${slow}\napp.get('/', (_req, res) => { ${does} res.send('ok'); });`,
  );
  const [before] = await workers();
  expect((await get()).body).toBe('ok');
  await eventually(async () => (await workers())[0]?.requests === 1 || undefined);
  const answer = get('/slow');
  await server.line(/slow is in flight/);
  // Ctrl-C reaches the workers as well.
  process.kill(before?.pid ?? 0, 'SIGINT');
  server.kill('SIGHUP');
  await server.line(/"reload ended"/);
  expect((await answer).body).toBe('done');
  expect((await workers())[0]?.pid).not.toBe(before?.pid);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(logOf(server).filter(({ level }) => level !== 'info')).toEqual([]);
});

test('a service that removes its own listeners, is rid of them', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (_req, res) => {
       process.on('SIGUSR2', console.log).once('SIGUSR2', console.log).on('message', console.log);
       process.removeAllListeners('SIGUSR2').removeAllListeners();
       res.send(JSON.stringify(['SIGUSR2', 'message'].map((name) => process.listeners(name).includes(console.log))));
     });`,
  );
  expect(JSON.parse((await get()).body)).toEqual([false, false]);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test.each(['() => true', 'undefined'])(
  'a service that sets process.send to %s before it is up is served',
  async (send) => {
    project.replaceService(`process.send = ${send};\n${service("app.get('/', (_req, res) => { res.send('ok'); });")}`);
    await serve();
    expect((await get()).body).toBe('ok');
  },
);

test('a worker that the service cuts off from the primary ends, and is replaced', async () => {
  const server = await serve(
    { WORKERS: '1' },
    `app.get('/', (_req, res) => { res.send('ok'); });
     app.get('/cut', (_req, res) => { res.write('cut'); process.disconnect(); });`,
  );
  await expect(get('/cut')).rejects.toThrow('aborted');
  await server.line(/"worker died"/);
  await server.line(/"worker up"/);
  expect((await get()).body).toBe('ok');
  expect(await workers()).toMatchObject([{ respawn_count: 2, harakiri_count: 0 }]);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test.each([
  ['by the cluster', "require('node:cluster').worker.disconnect();"],
  ['itself', 'req.socket.server.close();'],
])('a worker whose server the service closes %s is replaced, and what is in flight is answered', async (_, does) => {
  const server = await serve(
    { WORKERS: '1', GRACE: '30' },
    `${slow}\napp.get('/', (_req, res) => { res.send('ok'); });
     app.get('/close', (req, res) => { ${does} res.send('closed'); });`,
  );
  const [before] = await workers();
  const answer = get('/slow');
  await server.line(/slow is in flight/);
  expect((await get('/close')).body).toBe('closed');
  await server.line(/"worker up"/);
  await server.line(/"reason":"it does not listen any more","msg":"worker drains"/);
  expect((await answer).body).toBe('done');
  expect((await get()).body).toBe('ok');
  await eventually(async () => (await workers()).every(({ pid }) => pid !== before?.pid) || undefined);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(logOf(server).filter(({ level }) => level !== 'info')).toEqual([]);
});

test('where the service cuts off each worker before it is up, the server cannot start, and says so', async () => {
  project.replaceService(`process.disconnect();\n${service('')}`);
  const server = start({ WORKERS: '1' });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  await server.closed;
  expect(server.output()).toMatch(/^The server could not start: worker 1 ended by exit code 0$/m);
});
