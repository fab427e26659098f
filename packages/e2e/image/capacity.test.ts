import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fetch } from '../../quayside/harness/fetch';
import { service } from '../../quayside/harness/project';
import { Checkout, describeImage, docker, logged, production } from '../harness/docker';

describeImage('the limits of a container', () => {
  let checkout: Checkout;
  const containers: string[] = [];

  beforeAll(async () => {
    checkout = new Checkout();
    const leaking = service(`
      const kept: unknown[] = [];
      app.get('/', (_req, res) => { res.send('ok'); });
      app.get('/options', (_req, res) => { res.json(process.execArgv); });
      app.get('/leak', (_req, res) => {
        for (let index = 0; index < 50_000; index += 1) kept.push({ index, text: 'x' + String(index) });
        res.send('leaked');
      });`);
    writeFileSync(join(checkout.dir, 'app/identidock.ts'), leaking);
    await checkout.compose([...production, 'build']);
  });

  afterAll(() => checkout.remove());

  afterEach(async () => {
    if (containers.length > 0) await docker('rm', '--force', ...containers.splice(0));
  });

  /** Starts a container within limits, and waits until it serves. */
  async function start(...limits: string[]): Promise<{ id: string; port: number; statsPort: number }> {
    const publish = ['-p', '127.0.0.1::9090', '-p', '127.0.0.1::9191'];
    const id = await docker('run', '-d', ...publish, ...limits, checkout.image);
    containers.push(id);
    await logged(id, /"ready"/);
    const portOf = async (port: number) => Number((await docker('port', id, String(port))).split(':').pop());
    return { id, port: await portOf(9090), statsPort: await portOf(9191) };
  }

  const workersAt = async (statsPort: number) =>
    (JSON.parse((await fetch(statsPort)).body) as { workers: unknown[] }).workers;

  test.each([
    ['0.5', 1],
    ['1', 1],
    ['1.5', 2],
  ])('--cpus %s: %d worker(s)', async (cpus, most) => {
    const { statsPort } = await start('--cpus', cpus);
    expect(await workersAt(statsPort)).toHaveLength(Math.min(most, availableParallelism()));
  });

  test.each([
    { cpus: '0', isAlone: true },
    { cpus: `0-${String(availableParallelism() - 1)}`, isAlone: availableParallelism() === 1 },
  ])('--cpuset-cpus $cpus: minor garbage collections by the main thread alone: $isAlone', async ({ cpus, isAlone }) => {
    const { port } = await start('--cpuset-cpus', cpus);
    const options = JSON.parse((await fetch(port, '/options')).body) as string[];
    expect(options.includes('--no-parallel-scavenge')).toBe(isAlone);
  });

  test('--pids-limit 50: the server says that it is too small', async () => {
    const { id } = await start('--pids-limit', '50', '-e', 'WORKERS=2');
    expect(await docker('logs', id)).toContain('the process limit is too small for so many workers');
  });

  test('-m 256m: a leak ends in one worker’s heap limit, not in the kernel’s choice', async () => {
    const { id, port } = await start('-m', '256m', '--memory-swap', '256m', '-e', 'WORKERS=2');
    const died = logged(id, /"signal":"SIGABRT","msg":"worker died"/).then(() => true);
    const leak = async () => {
      await fetch(port, '/leak').catch(() => undefined);
      return false;
    };
    while (!(await Promise.race([died, leak()])));
    await logged(id, /"signal":"SIGABRT","msg":"worker died"[^]*"worker up"/);
    expect((await fetch(port)).body).toBe('ok');
    expect(await docker('inspect', '--format', '{{.State.OOMKilled}} {{.State.Running}}', id)).toBe('false true');
  });
});
