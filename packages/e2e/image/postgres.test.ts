// examples/postgres over the template, with a real PostgreSQL: what its README says, and what happens without the database.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch, fetchStats } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { endAll } from '../../quayside/harness/run';
import { Checkout, describeImage, docker, logged, postgresImage } from '../harness/docker';

const example = ['-f', 'docker-compose.postgres.yml', '-f', 'changes.yml'];
const production = ['-f', 'docker-compose.prod.yml', ...example];
const development = ['-f', 'docker-compose.yml', ...example];
/** What the tests change: PostgreSQL tells how each connection ended, and a timeout may be set. */
const changes = `
services:
  db:
    command: [postgres, -c, log_min_messages=debug1, -c, log_disconnections=on]
  identidock:
    environment:
      DATABASE_TIMEOUT:
`;
/** What it logs of a connection that the client did not close as the protocol says. */
const unclosed = /.*(?:unexpected EOF|could not receive data|Connection reset).*/;

interface Stats {
  workers: { pid: number; requests: number; respawn_count: number; accepting: number }[];
}

describeImage('the example with PostgreSQL', () => {
  let checkout: Checkout;
  let env: NodeJS.ProcessEnv;
  let port: number;
  let statsPort: number;

  beforeAll(async () => {
    checkout = new Checkout();
    for (const name of ['app', 'test', 'docker-compose.postgres.yml']) {
      cpSync(join(checkout.dir, 'examples/postgres', name), join(checkout.dir, name), { recursive: true });
    }
    checkout.install('pg', '@types/pg');
    checkout.writeSecret('database-password', 'open sesame');
    writeFileSync(join(checkout.dir, 'changes.yml'), changes);
    const [one = 0, two = 0] = await freePorts(2);
    [port, statsPort] = [one, two];
    env = {
      POSTGRES_IMAGE: await postgresImage(),
      PUBLISH_ADDRESS: '127.0.0.1',
      PUBLISH_PORT: String(port),
      PUBLISH_STATS_PORT: String(statsPort),
      WORKERS: '2',
    };
    await compose('up', '--detach', '--wait');
  }, 900_000);
  afterAll(() => checkout.remove());
  afterEach(() => endAll());

  const compose = (...args: string[]) => checkout.compose([...production, ...args], env);
  const idOf = async (name: string) => (await compose('ps', '--all', '--quiet', name)).stdout.trimEnd();
  const sql = async (statement: string) =>
    (await compose('exec', '-T', 'db', 'psql', '-U', 'service', '-Atc', statement)).stdout.trimEnd();
  const stats = async () => JSON.parse((await fetchStats(statsPort)).body) as Stats;
  /** How many connections to PostgreSQL there are of a kind. */
  const count = async (what: string) => Number(await sql(`SELECT count(*) FROM pg_stat_activity WHERE ${what}`));
  /** Keeps a lock until what it returns is called. */
  const hold = async (statement: string) => {
    const psql = ['exec', '-T', 'db', 'psql', '-U', 'service', '-c', `${statement}; SELECT pg_sleep(600)`];
    const holder = checkout.start([...production, ...psql], env);
    await eventually(async () => (await count("wait_event = 'PgSleep'")) === 1 || undefined);
    return async () => {
      await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      await holder.closed;
    };
  };
  const logOf = async (name: string, ...args: string[]) =>
    (await compose('logs', '--no-log-prefix', ...args, name)).stdout;
  /** Whether PostgreSQL has seen each connection closed that has ended since then. */
  const expectClosed = async (since: string) => {
    const log = await logOf('db', '--since', since);
    expect(log).toMatch(/disconnection: .* user=service .* host=\d/);
    expect(unclosed.exec(log)).toBeNull();
  };
  const ready = (status: number) =>
    eventually(async () => (await fetch(port, '/readyz')).status === status || undefined);
  const write = (text: string) =>
    fetch(port, '/notes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text }),
    });

  test('each worker writes and reads', async () => {
    await eventually(async () => {
      expect((await write('one')).status).toBe(201);
      expect((await fetch(port, '/notes')).body).toContain('"text":"one"');
      return (await stats()).workers.every(({ requests }) => requests > 1) || undefined;
    });
  });

  test('its own tests pass, by supertest against the database', async () => {
    await checkout.compose([...development, '--profile', 'test', 'build', 'test'], env);
    const jest = ['node_modules/.bin/jest', '--selectProjects', 'app'];
    const { stderr } = await checkout.compose([...development, 'run', '--rm', 'test', ...jest], env);
    expect(stderr).toMatch(/^PASS app test\/identidock\.test\.ts/m);
  }, 600_000);

  test('migrations: a second run changes nothing, of three at once one does it all, of one that fails nothing is left', async () => {
    const migrations = () => sql('SELECT string_agg(name, $$ $$ ORDER BY name) FROM migrations');
    expect(await migrations()).toBe('001-notes.sql 002-notes-at.sql');
    const migrate = (...args: string[]) => compose('run', '--rm', '--no-deps', ...args, 'migrate');
    await migrate();
    expect(await migrations()).toBe('001-notes.sql 002-notes-at.sql');
    await sql('DROP TABLE notes, migrations');
    // So that all three have begun before the first goes on.
    const [, lock = ''] = /LOCK = ([\d_]+);/.exec(readFileSync(join(checkout.dir, 'app/migrate.ts'), 'utf8')) ?? [];
    const release = await hold(`SELECT pg_advisory_lock(${lock})`);
    const three = Promise.all([migrate(), migrate(), migrate()]);
    await eventually(async () => (await count("wait_event = 'advisory'")) === 3 || undefined);
    await release();
    await three;
    expect(await migrations()).toBe('001-notes.sql 002-notes-at.sql');

    const dir = join(checkout.dir, 'wrong');
    mkdirSync(dir);
    writeFileSync(join(dir, '003-good.sql'), 'CREATE TABLE good ();');
    writeFileSync(join(dir, '004-wrong.sql'), 'CREATE TABLE notes ();');
    const wrong = migrate('--volume', `${dir}:/srv/app/migrations:ro`);
    await expect(wrong).rejects.toMatchObject({ stdout: expect.stringContaining('already exists') as string });
    expect(await migrations()).toBe('001-notes.sql 002-notes-at.sql');
    expect(await sql("SELECT to_regclass('good') IS NULL")).toBe('t');
    expect((await fetch(port, '/notes')).status).toBe(200);
  });

  test('the password is not in the environment of the containers, nor in their logs', async () => {
    const all = await Promise.all(
      ['identidock', 'migrate', 'db'].map(async (name) => {
        const id = await idOf(name);
        return (await docker('inspect', id)) + (await logOf(name));
      }),
    );
    expect(all.join('')).not.toContain('open sesame');
  });

  /** Asks without a pause, writing and reading in turn, until it is told to stop. Rejects where one gets no answer. */
  function load() {
    const statuses: (number | undefined)[] = [];
    let over = false;
    const client = async () => {
      for (let n = 0; !over; n += 1) statuses.push((await (n % 2 ? fetch(port, '/notes') : write('load'))).status);
    };
    const clients = Promise.all([client(), client(), client(), client()]);
    return {
      statuses,
      stop: () => {
        over = true;
        return clients;
      },
    };
  }

  test.each([
    ['kill', 'start', 50],
    // It takes connections, and says nothing: only timeouts help.
    ['pause', 'unpause', 8],
  ])(
    '%s of the database under load: 503 and not ready, no worker dies; after %s all is well',
    async (end, begin, failures) => {
      const workers = async () => (await stats()).workers.map(({ pid, respawn_count }) => ({ pid, respawn_count }));
      const before = await workers();
      const { statuses, stop } = load();
      const countOf = (status: number) => statuses.filter((one) => one === status).length;
      const answered = (status: number, times: number) => {
        const least = countOf(status) + times;
        return eventually(() => countOf(status) >= least || undefined);
      };
      await answered(201, 20);
      await compose(end, 'db');
      await answered(503, failures);
      await ready(503);
      expect((await fetch(port, '/livez')).status).toBe(200);
      await compose(begin, 'db');
      await ready(200);
      const db = await idOf('db');
      const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', db);
      await eventually(async () => (await health()) === 'healthy' || undefined);
      await answered(201, 20);
      await stop();
      expect([...new Set(statuses)].sort()).toEqual([200, 201, 503]);
      expect(await workers()).toEqual(before);
    },
    300_000,
  );

  describe('no request fails', () => {
    beforeAll(async () => {
      // More time than a busy machine takes for what follows.
      env = { ...env, GRACE: '90', DATABASE_TIMEOUT: '90' };
      await compose('up', '--detach', '--wait');
    }, 300_000);

    test('a reload under load: each request is answered, and each connection of the old workers is closed', async () => {
      const since = new Date().toISOString();
      const before = (await stats()).workers.map(({ pid }) => pid);
      const { statuses, stop } = load();
      await compose('kill', '--signal', 'HUP', 'identidock');
      await eventually(async () => {
        const { workers } = await stats();
        return workers.every(({ pid, accepting }) => !before.includes(pid) && accepting === 1) || undefined;
      });
      await stop();
      expect((await logOf('identidock', '--since', since)).match(/.*request failed.*/g)).toBeNull();
      expect([...new Set(statuses)].sort()).toEqual([200, 201]);
      // Each worker has five at most.
      await eventually(async () => (await count("usename = 'service' AND client_addr IS NOT NULL")) <= 10 || undefined);
      await expectClosed(since);
    });

    test('a stop while requests wait for the database: each is answered, each connection closed, exit code 0', async () => {
      const since = new Date().toISOString();
      const id = await idOf('identidock');
      const release = await hold('LOCK TABLE notes');
      const waiting = [1, 2, 3, 4].map(() => fetch(port, '/notes'));
      await eventually(async () => (await count("wait_event_type = 'Lock'")) === 4 || undefined);
      await docker('kill', '--signal', 'TERM', id);
      await logged(id, /stopping/);
      await release();
      for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
      expect(await docker('wait', id)).toBe('0');
      await expectClosed(since);
    });
  });
});
