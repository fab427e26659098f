// Settings of one's own in development: declared in app/settings.ts, which the service imports.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { get, port, project, save, says, start, until, useDevelopment, write } from '../../../harness/development';
import { program } from '../../../harness/paths';
import { service } from '../../../harness/project';
import { fetch } from '../../../harness/fetch';
import { freePorts } from '../../../harness/ports';
import { run, type Running } from '../../../harness/run';

useDevelopment();

const declare = (specs: string) => {
  write(
    'settings.ts',
    `import { defineSettings, num, str, url } from 'quayside';
    export const settings = defineSettings({ ${specs} });`,
  );
};

const using = (name: string) => `
  import { settings } from './settings';
  ${service(`app.get('/', (_req, res) => { res.send(String(settings.${name})); });`)}`;

async function endOf(server: Running) {
  const { code } = await server.exited;
  await server.closed;
  return { code, output: server.output() };
}

test('a wrong setting at the first start: the list, exit code 78, and nothing is left', async () => {
  declare('DATABASE_URL: url(), POOL: num({ default: 1 }), KEY: str()');
  project.replaceService(using('KEY'));
  const { code, output } = await endOf(start({ DATABASE_URL: 's3cret', POOL: 's3cret', KEY: 'a', LOG_LEVEL: 'loud' }));
  expect(code).toBe(78);
  // Nothing comes before: the port was not opened.
  expect(output).toBe(
    [
      'The settings are wrong; nothing was started.',
      '  LOG_LEVEL="loud": expected one of trace, debug, info, warn, error, fatal, silent',
      '  DATABASE_URL: expected a URL',
      '  POOL: expected a number\n',
    ].join('\n'),
  );
});

test('a setting that the service declares elsewhere: the same, when the first worker has loaded it', async () => {
  write(
    'limits.ts',
    "import { defineSettings, num } from 'quayside';\nexport const limits = defineSettings({ POOL: num() });",
  );
  project.replaceService(`import { limits } from './limits';\n${service('void limits;')}`);
  const { code, output } = await endOf(start({ POOL: 's3cret', NO_COLOR: '1' }));
  expect(code).toBe(78);
  expect(output).toMatch(/open http.*\nThe settings are wrong; nothing was started\.\n {2}POOL: expected a number\n$/);
});

test('a settings file that cannot be loaded is waited for as any other', async () => {
  write('settings.ts', "throw new Error('half-way');\nexport {};\n");
  project.replaceService(using('KEY'));
  const server = start({ NO_COLOR: '1' });
  await server.line(/half-way[^]*Waiting for a change/);
  declare("KEY: str({ default: 'mended' })");
  await until('mended');
});

test.each([
  ['SIGTERM', 0],
  ['SIGINT', 0],
  ['SIGKILL', null],
] as const)('%s while the settings file is loaded ends it, and nothing is left', async (signal, exitCode) => {
  write('settings.ts', "console.log('loading');\nfor (;;);\nexport {};\n");
  const server = start();
  await server.line(/loading/);
  if (signal === 'SIGKILL') server.kill(signal);
  else server.killGroup(signal);
  const { code, output } = await endOf(server);
  expect({ code, output }).toEqual({ code: exitCode, output: 'loading\n' });
});

test('a service in JavaScript has its settings validated as well', async () => {
  write(
    'settings.js',
    "const { defineSettings, num } = require('quayside'); exports.settings = defineSettings({ POOL: num() });",
  );
  write('orders.js', "require('./settings');");
  const env = { PORT: String(port), INSPECT_PORT: 'off', POOL: 's3cret' };
  const { code, output } = await endOf(run(program, { args: ['dev', 'app/orders.js'], cwd: project.dir, env }));
  expect({ code, output }).toEqual({
    code: 78,
    output: 'The settings are wrong; nothing was started.\n  POOL: expected a number\n',
  });
});

test('later, it is shown as any failed load is, without a value, until it is mended', async () => {
  declare("KEY: str({ default: 'none' })");
  project.replaceService(using('KEY'));
  writeFileSync(join(project.dir, 'key'), 'from a file\n');
  const server = start({ KEY_FILE: join(project.dir, 'key'), POOL: 's3cret', NO_COLOR: '1' });
  await server.line(/serving/);
  await until('from a file');
  declare('POOL: num(), KEY: str()');
  await server.line(/The settings are wrong; nothing was started\.\n {2}POOL: expected a number\nWaiting for a change/);
  const { status, body } = await get();
  expect(status).toBe(500);
  expect(body).toContain('POOL: expected a number');
  expect(`${body}${server.output()}`).not.toMatch(/s3cret|\n +at /);
  declare('KEY: str()');
  await until('from a file');
});

test('after a first start that failed for another reason, it is waited for as well', async () => {
  project.replaceService("throw new Error('half-way');\nexport {};\n");
  const server = start({ DATABASE_URL: 's3cret', NO_COLOR: '1' });
  await server.line(/half-way[^]*Waiting for a change/);
  declare('DATABASE_URL: url()');
  project.replaceService(using('DATABASE_URL'));
  await server.line(/DATABASE_URL: expected a URL\nWaiting for a change/);
  save(says('mended'));
  await until('mended');
});

test("the server's own settings come from files", async () => {
  const [port] = (await freePorts(1)) as [number];
  writeFileSync(join(project.dir, 'port'), `${String(port)}\n`);
  const server = start({ PORT: '', PORT_FILE: join(project.dir, 'port') });
  await server.line(/serving/);
  expect(await fetch(port)).toMatchObject({ status: 200 });
});
