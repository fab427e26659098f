import { eventually } from '../../harness/eventually';
import { get, isDeserted, logOf, serve, useServer, workers } from '../../harness/server';

useServer();

const blocking = `
  app.get('/', (_req, res) => { res.send('ok'); });
  app.get('/block', (_req, res) => {
    console.log('blocking');
    for (;;);
  });`;

test('a worker whose event loop is blocked is killed and replaced; the others and the stats answer meanwhile', async () => {
  const server = await serve({ HARAKIRI: '1' }, blocking);
  const cut = expect(get('/block')).rejects.toThrow('socket hang up');
  await server.line(/blocking/);
  for (let index = 0; index < 20; index += 1) expect((await get()).body).toBe('ok');
  expect(await workers()).toHaveLength(2);
  await cut;
  await server.line(/blocked for HARAKIRI=1 s/);
  await server.line(/"signal":"SIGKILL","msg":"worker died"/);
  await server.line(/"worker up"/);
  expect((await workers()).map(({ harakiri_count }) => harakiri_count).sort()).toEqual([0, 1]);
  expect(logOf(server).filter(({ msg }) => String(msg).includes('HARAKIRI'))).toHaveLength(1);
});

test('a blocked worker does not outlive a primary that is killed', async () => {
  const server = await serve({ HARAKIRI: '0' }, blocking);
  const cut = expect(get('/block')).rejects.toThrow('socket hang up');
  await server.line(/blocking/);
  server.kill('SIGKILL');
  await cut;
  await isDeserted();
});

test('an answer that is not begun within REQUEST_TIMEOUT is a 503 and counted; what comes later harms nobody', async () => {
  const server = await serve(
    { WORKERS: '1', REQUEST_TIMEOUT: '1' },
    `app.get('/', (_req, res) => { res.send('ok'); });
     app.get('/late', (_req, res) => {
       setTimeout(() => { res.status(200).set('X-Late', '1').cookie('a', 'b').send('late'); console.log('said late'); }, 1500);
     });
     app.get('/begun', (_req, res) => { res.write('begun, '); setTimeout(() => res.end('ended'), 1500); });`,
  );
  const [before] = await workers();
  const [late, begun] = await Promise.all([
    get('/late', { headers: { 'X-Request-Id': 'late-1', Accept: 'application/json' } }),
    get('/begun'),
  ]);
  expect(late).toMatchObject({ status: 503, headers: { 'x-request-id': 'late-1' } });
  expect(JSON.parse(late.body)).toEqual({ status: 503, error: 'Service Unavailable', requestId: 'late-1' });
  expect(begun.body).toBe('begun, ended');
  await server.line(/"id":"late-1","method":"GET","path":"\/late","msg":"no answer within REQUEST_TIMEOUT=1 s"/);
  await server.line(/"id":"late-1".*"status":503.*"msg":"request"/);
  await server.line(/said late/);
  await eventually(async () => (await workers())[0]?.timeouts === 1 || undefined);
  expect((await get()).body).toBe('ok');
  expect((await workers())[0]).toMatchObject({ pid: before?.pid });
});
