// Production as Compose starts it, under attack from within: what the service may not do, and what is left standing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../quayside/harness/eventually';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { service } from '../../quayside/harness/project';
import { Checkout, describeImage, docker, logged, production } from '../harness/docker';

/** A service that does what is worst. */
const hostile = service(`
  const kept: unknown[] = [];
  app.get('/', (_req, res) => { res.send('ok'); });
  app.get('/fork', async (_req, res) => {
    const { spawn } = await import('node:child_process');
    const errors = new Set<unknown>();
    for (let n = 0; n < 10_000; n += 1) {
      const child = spawn('sleep', ['3600'], { stdio: 'ignore' });
      child.on('error', (error: NodeJS.ErrnoException) => { errors.add(error.code); });
    }
    setTimeout(() => { res.json([...errors]); }, 100);
  });
  app.get('/eat', () => {
    for (;;) kept.push(Buffer.alloc(1024 ** 2, 1));
  });
  app.get('/print', (_req, res) => {
    for (let n = 0; n < 4000; n += 1) process.stdout.write('x'.repeat(16_000) + '\\n');
    res.send('printed');
  });`);

describeImage('production under Compose', () => {
  let checkout: Checkout;
  let id: string;
  let port: number;

  beforeAll(async () => {
    checkout = new Checkout();
    writeFileSync(join(checkout.dir, 'app/identidock.ts'), hostile);
    const [own, statsPort] = (await freePorts(2)) as [number, number];
    port = own;
    const publish = { PUBLISH_ADDRESS: '127.0.0.1', PUBLISH_PORT: String(port), PUBLISH_STATS_PORT: String(statsPort) };
    // On a busy machine, /fork blocks its worker for longer than the default of HARAKIRI. 0 is off.
    const limits = {
      WORKERS: '2',
      HARAKIRI: '0',
      REQUEST_TIMEOUT: '0',
      CPU_LIMIT: '1.5',
      MEMORY_LIMIT: '384m',
      PIDS_LIMIT: '128',
    };
    await checkout.compose([...production, 'up', '--detach', '--wait'], { ...publish, ...limits });
    id = await checkout.container();
  });
  afterAll(() => checkout.remove());

  const inspect = (format: string) => docker('inspect', '--format', format, id);
  const inside = (command: string, ...options: string[]) => docker('exec', ...options, id, 'sh', '-c', command);
  const answers = () => eventually(async () => (await fetch(port)).body === 'ok' || undefined, 60_000);
  const logs = () => docker('logs', id);

  test.each([
    '/',
    '/srv',
    '/srv/app',
    '/srv/dist',
    '/srv/node_modules',
    '/etc',
    '/usr/local/bin',
    '/var/tmp',
    '/home/node',
  ])('nothing can be written to %s, not even by root', async (dir) => {
    for (const user of ['1000', '0']) {
      await expect(inside(`touch ${dir}/x`, '--user', user)).rejects.toThrow(/Read-only file system|Permission denied/);
    }
  });

  test('/tmp can be written to, up to its size, and nothing be run from it', async () => {
    await inside('echo kept >/tmp/x && cp /bin/true /tmp/true');
    expect(await inside('cat /tmp/x')).toBe('kept');
    await expect(inside('/tmp/true')).rejects.toThrow('Permission denied');
    await expect(
      inside('head -c 100M /dev/zero >/tmp/large; rm /tmp/large; test $(wc -c </tmp/x) = 0'),
    ).rejects.toThrow();
    expect(await inside('findmnt --noheadings --output OPTIONS /tmp')).toMatch(/^rw,nosuid,nodev,noexec,.*size=65536k/);
  });

  test('a full /tmp holds up nothing', async () => {
    await expect(inside('cat /dev/zero >/tmp/full')).rejects.toThrow('No space left on device');
    await answers();
    await docker('kill', '--signal', 'HUP', id);
    await logged(id, /"reload ended"/);
    await answers();
    await inside('rm /tmp/full');
  });

  test('no process has a right, or comes by one', async () => {
    // PID 1 is what ends processes that others have left.
    expect(await inside("tr '\\0' ' ' </proc/1/cmdline")).toMatch(/init/);
    for (const pid of (await inside('cd /proc && ls -d [1-9]*')).split('\n')) {
      const status = await inside(`cat /proc/${pid}/status || true`);
      // Those of the looking itself are gone.
      if (status === '') continue;
      expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect([...status.matchAll(/^Cap\w+:\t(\w+)$/gm)].map(([, set]) => set)).toEqual(Array(5).fill('0'.repeat(16)));
      expect(status).toMatch(/^Seccomp:\t2$/m);
    }
    for (const command of ['chown 1000 /tmp', 'mount -t tmpfs none /mnt', 'kill -0 1', 'date -s 2000-01-01']) {
      await expect(inside(command, '--user', '0')).rejects.toThrow(/not permitted|denied|must be superuser/);
    }
    // A setuid program does not make a root of anybody.
    expect(await inside('find / -xdev -perm -4000 | grep -c .')).not.toBe('0');
    expect(await inside('cp /bin/sh /tmp/sh && chmod 4755 /tmp/sh && ls -l /tmp/sh')).toMatch(/^-rwsr-xr-x/);
    await expect(inside('su -c id')).rejects.toThrow();
  });

  test('the limits are those of the variables', async () => {
    const { NanoCpus, Memory, PidsLimit, RestartPolicy, LogConfig } = JSON.parse(
      await inspect('{{json .HostConfig}}'),
    ) as Record<string, unknown>;
    expect([NanoCpus, Memory, PidsLimit]).toEqual([1.5e9, 384 * 1024 ** 2, 128]);
    expect(RestartPolicy).toMatchObject({ Name: 'unless-stopped' });
    expect(LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } });
  });

  test('10,000 processes are not to be had; the service answers, and again when they are gone', async () => {
    expect(JSON.parse((await fetch(port, '/fork')).body)).toEqual(['EAGAIN']);
    await answers();
    // docker exec takes a process, of which there are none.
    await docker('kill', '--signal', 'HUP', id);
    await logged(id, /did not come up/);
    await answers();
    await docker('restart', '--timeout', '1', id);
    await answers();
    expect(Number(await inside('ls -d /proc/[1-9]* | wc -l'))).toBeLessThan(20);
  }, 300_000);

  test('where the limit of processes leaves room for the primary alone, it ends and says why', async () => {
    const primary = (await inside('cat /proc/1/task/1/children')).trim();
    const threads = Number(await inside(`sed -n 's/^Threads://p' /proc/${primary}/status`));
    const limited = ['--init', '--pids-limit', String(1 + threads), '--env', 'ENV=PROD', '--env', 'START_TIMEOUT=5'];
    await expect(docker('run', '--rm', ...limited, checkout.image)).rejects.toThrow(
      /The server could not start: (spawn .* EAGAIN|it did not listen within START_TIMEOUT=5 s)/,
    );
  });

  test('memory: what eats it is ended, and replaced; nothing else of the machine is', async () => {
    const before = Number(await inspect('{{.RestartCount}}'));
    await expect(fetch(port, '/eat')).rejects.toThrow();
    await answers();
    // The kernel chooses: the worker, whom the primary replaces, or the primary, and with it the container.
    // The other worker may have answered before that is logged.
    await eventually(async () => {
      const restarted = Number(await inspect('{{.RestartCount}}')) > before;
      return restarted || (await logs()).includes('"signal":"SIGKILL","msg":"worker died"') || undefined;
    });
  });

  test('a primary that is killed is started again, with its workers', async () => {
    const before = Number(await inspect('{{.RestartCount}}'));
    await inside('kill -KILL $(cat /proc/1/task/1/children)').catch(() => undefined);
    await eventually(async () => Number(await inspect('{{.RestartCount}}')) > before || undefined);
    await answers();
    await eventually(async () => (await inspect('{{.State.Health.Status}}')) === 'healthy' || undefined);
  });

  test('what it prints takes a bounded place: the oldest goes', async () => {
    expect(await logs()).toContain('Running Production Server');
    expect((await fetch(port, '/print')).body).toBe('printed');
    const kept = await eventually(async () => {
      const text = await logs();
      return text.includes('Running Production Server') ? undefined : text.length;
    });
    expect(kept).toBeGreaterThan(10e6);
    expect(kept).toBeLessThan(51e6);
    await answers();
  });
});
