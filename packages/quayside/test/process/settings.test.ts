// Settings of one's own, and settings that are read from files, in production.
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually';
import { program } from '../../harness/paths';
import { service } from '../../harness/project';
import { run, type Running } from '../../harness/run';
import { get, isDeserted, logOf, port, ports, project, serve, start, statsPort, useServer } from '../../harness/server';

useServer();

/** Writes a file of the project. Returns its path. */
function write(path: string, text: string): string {
  const file = join(project.dir, path);
  writeFileSync(file, text);
  return file;
}

/** Has a file beside the service declare settings. */
const declare = (specs: string, name = 'settings.js') =>
  write(
    `dist/${name}`,
    `const { defineSettings, num, str, url } = require('quayside');
    console.log('declared in', process.pid);
    exports.settings = defineSettings({ ${specs} });`,
  );

/** A service that answers with a setting of its own. */
const using = (name: string) => `
  import { settings } from './settings.js';
  ${service(`console.log('created'); app.get('/', (_req, res) => { res.send(String(settings.${name})); });`)}`;

/** A service that declares a setting itself, with routes. */
const declaring = (spec: string, routes = '') => `
  import { defineSettings, url } from 'quayside';
  const settings = defineSettings({ DATABASE_URL: ${spec} });
  ${service(routes)}`;

const wrong = (...problems: string[]) =>
  ['The settings are wrong; nothing was started.', ...problems.map((line) => `  ${line}`), ''].join('\n');
const unset = (name: string, what: string) =>
  `${name} is not set: expected ${what}. Set it, or ${name}_FILE to the path of a file that holds it`;

async function endOf(server: Running) {
  const { code } = await server.exited;
  await server.closed;
  return { code, output: server.output() };
}

/** The processes of a server's group, by what they were started with. */
function environments(server: Running): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        // The fields after the name: state, parent, group.
        const [, group] = /\) \S \d+ (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(group) === server.pid ? [readFileSync(`/proc/${pid}/environ`, 'utf8')] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

test.each(['settings.js', 'settings.cjs'])(
  "%s beside the service: what is wrong there and with the server's settings is one list, before anything else",
  async (name) => {
    declare("DATABASE_URL: url(), POOL: num(), GREETING: str({ default: 'Hello' })", name);
    project.replaceService("console.log('loaded');");
    const WORKERS_FILE = write('workers', 's3cret\n');
    const server = start({ LOG_LEVEL: 'loud', DATABASE_URL: 's3cret', WORKERS: '', WORKERS_FILE });
    const { code, output } = await endOf(server);
    expect(code).toBe(78);
    const [first, ...list] = output.split(/(?<=\n)/);
    // In another process than the primary, in which no code of the service runs.
    expect(first).toMatch(/^declared in \d+\n$/);
    expect(first).not.toContain(String(server.pid));
    expect(list.join('')).toBe(
      wrong(
        'WORKERS, from WORKERS_FILE: expected a whole number from 1 to 1024',
        'LOG_LEVEL="loud": expected one of trace, debug, info, warn, error, fatal, silent',
        'DATABASE_URL: expected a URL',
        unset('POOL', 'a number'),
      ),
    );
  },
);

test('settings.mjs is loaded, too', async () => {
  write(
    'dist/settings.mjs',
    "import { defineSettings, url } from 'quayside'; defineSettings({ DATABASE_URL: url() });",
  );
  expect(await endOf(start())).toEqual({ code: 78, output: wrong(unset('DATABASE_URL', 'a URL')) });
});

test('without such a file, or where it is the service itself, nothing is loaded beforehand', async () => {
  project.replaceService(`${service('')}\nconsole.log('loaded', process.env.WORKER_SLOT);`);
  write('dist/settings.js', readFileSync(join(project.dir, 'dist/identidock.js'), 'utf8'));
  const args = ['serve', 'dist/settings.js'];
  const server = run(program, { args, cwd: project.dir, env: { ...ports, WORKERS: '1' } });
  await server.line(/"ready"/);
  expect(server.output().match(/^loaded.*$/gm)).toEqual(['loaded 1']);
});

test('a secret in a file reaches the service, and neither the log nor the environment of any process', async () => {
  declare('DATABASE_PASSWORD: str()');
  project.replaceService(using('DATABASE_PASSWORD'));
  const DATABASE_PASSWORD_FILE = write('password', 's3cret\n');
  const server = await serve({ DATABASE_PASSWORD_FILE, LOG_LEVEL: 'trace' });
  expect((await get()).body).toBe('s3cret');
  await server.line(/"request"/);
  const all = environments(server);
  // The primary and two workers.
  expect(all.filter((text) => text.includes('DATABASE_PASSWORD_FILE=')).length).toBeGreaterThanOrEqual(3);
  expect(all.join('\n')).not.toContain('s3cret');
  server.kill('SIGTERM');
  const { code, output } = await endOf(server);
  expect(code).toBe(0);
  expect(output).not.toContain('s3cret');
});

test("the server's own settings come from files, also for the health check, which needs none of the service's", async () => {
  declare('POOL: num()');
  const env = { PORT: '', PORT_FILE: write('port', `${String(port)}\n`), WORKERS_FILE: write('workers', '1') };
  const server = await serve({ ...env, WORKERS: '', POOL: '4' });
  expect(logOf(server).find(({ msg }) => msg === 'ready')).toMatchObject({ port, workers: 1 });
  const healthcheck = (more: NodeJS.ProcessEnv = {}) =>
    endOf(run(program, { args: ['healthcheck'], cwd: project.dir, env: { STATS_PORT: 'off', ...env, ...more } }));
  expect(await healthcheck()).toEqual({ code: 0, output: '/readyz: 200\n' });
  expect(await healthcheck({ PORT: '1' })).toEqual({
    code: 78,
    output: wrong('PORT and PORT_FILE are both set: expected one of the two'),
  });
});

describe('a settings file that does not load: exit code 1, and why', () => {
  test.each([
    [
      'throws',
      "function read() { throw new Error('half-way'); }\nread();",
      /^Error: half-way\n +at read .*settings\.js:1/,
    ],
    ['leaves a rejection', "void Promise.reject(new Error('later')); setInterval(() => {}, 1000);", /^Error: later\n/],
    ['cannot be parsed', 'const = 1;', /^SyntaxError: /],
    ['exits', 'process.exit(3);', /^dist\/settings\.js ended its process when it was loaded, exit code 3\n$/],
    ['exits well', 'process.exit();', /^dist\/settings\.js ended its process when it was loaded, exit code 0\n$/],
    ['kills itself', "process.kill(process.pid, 'SIGKILL');", /when it was loaded, by SIGKILL\n$/],
    ['never ends', 'for (;;);', /^dist\/settings\.js was not loaded within START_TIMEOUT=1 s\n$/],
  ])('it %s', async (_, source, why) => {
    write('dist/settings.js', source);
    const { code, output } = await endOf(start({ START_TIMEOUT: source === 'for (;;);' ? '1' : '60' }));
    expect(code).toBe(1);
    expect(output).toContain('The server could not start: ');
    // V8 shows the line of a syntax error first.
    expect(output.slice(output.indexOf('start: ') + 'start: '.length)).toMatch(
      source.startsWith('const') ? /SyntaxError: / : why,
    );
  });
});

test('a settings file that leaves something running holds up nothing', async () => {
  declare("KEY: str({ default: 'kept' })");
  write(
    'dist/settings.js',
    `${readFileSync(join(project.dir, 'dist/settings.js'), 'utf8')}\nsetInterval(() => {}, 1000);`,
  );
  project.replaceService(using('KEY'));
  await serve();
  expect((await get()).body).toBe('kept');
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s while the settings file is loaded ends with exit code 0, and nothing is left',
  async (signal) => {
    write('dist/settings.js', "console.log('loading'); for (;;);");
    const server = start();
    await server.line(/loading/);
    server.killGroup(signal);
    expect(await endOf(server)).toEqual({ code: 0, output: 'loading\n' });
  },
);

test('a setting that the service itself declares: the same list and exit code, without a trace', async () => {
  project.replaceService(declaring('url()'));
  const { code, output } = await endOf(start({ DATABASE_URL: 's3cret' }));
  expect(code).toBe(78);
  // The first of the two workers that fail is in the log.
  expect(output.replace(/^\{.*"worker died"\}\n/m, '')).toBe(wrong('DATABASE_URL: expected a URL'));
});

test('at a reload, a wrong setting leaves the old workers serving, and the log says why', async () => {
  const server = await serve({ DATABASE_URL: 's3cret' }, "app.get('/', (_req, res) => { res.send('old'); });");
  project.replaceService(declaring('url()'));
  server.kill('SIGHUP');
  await server.line(/"reload ended"/);
  expect(logOf(server).find(({ msg }) => String(msg).startsWith('the new worker did not come up'))).toMatchObject({
    reason: wrong('DATABASE_URL: expected a URL').trimEnd(),
  });
  expect((await get()).body).toBe('old');
  expect(server.output()).not.toContain('s3cret');
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  await isDeserted();
});

test('at a reload, a service reads its secrets anew', async () => {
  declare('KEY: str()');
  project.replaceService(using('KEY'));
  const server = await serve({ KEY_FILE: write('key', 'old'), WORKERS: '1' });
  expect((await get()).body).toBe('old');
  write('key', 'new');
  server.kill('SIGHUP');
  await eventually(async () => (await get()).body === 'new' || undefined);
});

test('a healthy port is not enough: a PORT_FILE that is gone is said', async () => {
  const other = createServer((_req, res) => res.end())
    .listen(statsPort, '127.0.0.1')
    .unref();
  await once(other, 'listening');
  const env = { PORT_FILE: join(project.dir, 'none') };
  expect(await endOf(run(program, { args: ['healthcheck'], cwd: project.dir, env }))).toEqual({
    code: 78,
    output: wrong('PORT_FILE: expected the path of a file that holds PORT, but there is no file at that path'),
  });
  other.close();
});
