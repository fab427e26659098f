// What a service has beside its app: ready(), drain(), close() and metrics.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { get, logOf, metrics, project, start, useServer, workers } from '../../harness/server';
import { made, serveMade } from '../../harness/service';
import type { Running } from '../../harness/run';

useServer();

describe('ready()', () => {
  const says = `ready: () => {
    const state = readFileSync('state', 'utf8');
    if (state === 'throws') throw new Error('secret');
    if (state === 'hangs') return new Promise(() => undefined);
    return state !== 'false';
  }`;
  const say = (state: string) => {
    writeFileSync(join(project.dir, 'state'), state);
  };

  test('decides on /readyz, without a word to the client, and with one in the log at each change', async () => {
    say('true');
    const server = await serveMade(says, { WORKERS: '1' });
    const becomes = (status: number) =>
      eventually(async () => {
        const answer = await get('/readyz');
        return answer.status === status ? answer.body : undefined;
      });
    expect(await becomes(200)).toBe('ok\n');
    for (const state of ['false', 'throws', 'hangs']) {
      say(state);
      expect(await becomes(503)).toBe('not ready\n');
      expect((await get('/livez')).status).toBe(200);
      expect((await get()).status).toBe(200);
      say('true');
      expect(await becomes(200)).toBe('ok\n');
    }
    server.kill('SIGTERM');
    await server.closed;
    const changes = logOf(server).filter(({ msg }) => String(msg).includes('ready') && msg !== 'ready');
    expect(changes.map(({ msg, reason }) => reason ?? msg)).toEqual([
      'ready() returned false',
      'ready again',
      'ready() failed',
      'ready again',
      'ready() took longer than 900 ms',
      'ready again',
    ]);
  });

  test('is asked once a second, however often /readyz is', async () => {
    const server = await serveMade(`ready: () => { console.log('asked'); }`, { WORKERS: '1' });
    const begin = performance.now();
    for (let count = 0; count < 50; count += 1) await get('/readyz');
    const seconds = (performance.now() - begin) / 1000;
    expect(server.output().match(/asked/g)?.length).toBeLessThanOrEqual(1 + seconds);
    expect(server.output()).toContain('asked');
  });
});

describe('drain() and close()', () => {
  const hooks = `drain: () => { console.log('drain'); }, close: async () => { console.log('close'); await null; console.log('closed'); }`;
  const said = (server: Running) => server.output().match(/^(?:drain|close|closed|answered)$/gm);

  test('run at the beginning and at the end of a stop', async () => {
    const server = await serveMade(hooks, {
      WORKERS: '1',
      before: `app.get('/slow', (_req, res) => {
        console.log('slow is in flight');
        process.on('message', ({ type }) => type === 'drain' && setTimeout(() => { console.log('answered'); res.send('done'); }, 50));
      });`,
    });
    const answer = get('/slow');
    await server.line(/slow is in flight/);
    server.kill('SIGTERM');
    expect((await answer).body).toBe('done');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await server.closed;
    expect(said(server)).toEqual(['drain', 'answered', 'close', 'closed']);
  });

  test('run at a reload, and where a worker is replaced for an uncaught exception', async () => {
    const server = await serveMade(hooks, {
      WORKERS: '1',
      before: `app.get('/fails', (_req, res) => { res.send('failing'); setTimeout(() => { throw new Error('uncaught'); }); });`,
    });
    server.kill('SIGHUP');
    await server.line(/reload ended/);
    expect(said(server)).toEqual(['drain', 'close', 'closed']);
    await get('/fails');
    await eventually(() => said(server)?.length === 6 || undefined);
    await eventually(async () => (await workers())[0]?.respawn_count === 3 || undefined);
  });

  test('that fail are logged; a failure to close shows in the exit code', async () => {
    const server = await serveMade(
      `drain: () => Promise.reject(new Error('no goodbye')), close: () => { throw new Error('not closed'); }`,
      { WORKERS: '1' },
    );
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const errors = logOf(server).filter(({ level }) => level === 'error');
    expect(errors.map(({ msg, err }) => [msg, (err as Error).message])).toEqual([
      ['drain() failed', 'no goodbye'],
      ['close() failed', 'not closed'],
    ]);
  });

  test('close() has until GRACE', async () => {
    const server = await serveMade('close: () => new Promise(() => setInterval(() => undefined, 1000))', {
      WORKERS: '1',
      GRACE: '1',
    });
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toContain('ending close() after GRACE=1 s');
  });
});

describe('metrics', () => {
  const registry = `
    const register = new Registry();
    const sold = new Counter({ name: 'orders_sold_total', help: 'Sold.', labelNames: ['kind'], registers: [register] });
    const took = new Histogram({ name: 'orders_took_seconds', help: 'Took.', buckets: [1], registers: [register] });
    const worst = new Gauge({ name: 'orders_worst', help: 'Worst.', aggregator: 'max', registers: [register] });
    const odd = new Gauge({ name: 'orders_odd', help: 'Odd.', aggregator: 'first', registers: [register] });
    odd.set(NaN);
    worst.set(Number(process.env.WORKER_SLOT));
    app.get('/sell', (_req, res) => { sold.inc({ kind: 'a "b"' }); took.observe(0.5); res.send(String(process.pid)); });`;

  test('are added up over the workers, and counters outlive them', async () => {
    const server = await serveMade('metrics: register', { before: registry });
    const sell = async (count: number) => {
      for (let sale = 0; sale < count; sale += 1) await get('/sell');
    };
    const becomes = (sold: number) =>
      eventually(async () => {
        const [value = 0] = await metrics('orders_sold_total{kind="a \\"b\\""}');
        return value === sold || undefined;
      });
    await sell(7);
    await becomes(7);
    expect(await metrics('orders_worst')).toEqual([2]);
    expect(await metrics('orders_odd')).toEqual([NaN]);
    // Which has been heard of: what is not heard of is lost with a worker.
    for (const { pid } of await workers()) process.kill(pid, 'SIGKILL');
    await eventually(async () => (await workers()).every(({ respawn_count: count }) => count === 2) || undefined);
    expect(await metrics('orders_sold_total')).toEqual([7]);
    await eventually(async () => (await workers()).every(({ accepting }) => accepting === 1) || undefined);
    await sell(3);
    // At a drain, also what a worker has counted last.
    server.kill('SIGHUP');
    await server.line(/reload ended/);
    expect(await metrics('orders_sold_total')).toEqual([10]);
    expect(await metrics('orders_took_seconds_bucket')).toEqual([10, 10]);
    expect(await metrics('orders_took_seconds_sum')).toEqual([5]);
    await eventually(async () => (await metrics('orders_worst'))[0] === 2 || undefined);
  });

  test("of a name that is the server's own is an error that names it", async () => {
    project.replaceService(
      made(
        'metrics: register',
        `const register = new Registry();
         new Counter({ name: 'http_request_timeouts_total', help: 'Mine.', registers: [register] });
         new Counter({ name: 'process_cpu_seconds_total', help: 'Mine.', registers: [register] });`,
      ),
    );
    const server = start();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output()).toContain(
      "The server could not start: the service's metrics cannot be published: http_request_timeouts_total is a name of " +
        "the server's own; process_cpu_seconds_total is a name of the server's own\n",
    );
  });

  test('that cannot be collected are said once, and nothing else is lost', async () => {
    const server = await serveMade('metrics: register', {
      WORKERS: '1',
      before: `${registry}
        let asked = 0;
        new Gauge({ name: 'orders_fails', help: 'Fails.', registers: [register], collect() {
          asked += 1;
          if (asked === 2) console.log('collected again');
          if (asked > 1) throw new Error('no gauge');
        } });`,
    });
    await server.line(/collected again/);
    await server.line(/cannot all be reported/);
    expect((await get()).body).toBe('hello');
    expect(await metrics('uwsgi_worker_accepting')).toEqual([1]);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.output().match(/cannot all be reported/g)).toHaveLength(1);
  });
});
