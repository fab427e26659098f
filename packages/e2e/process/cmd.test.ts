import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject } from '../../quayside/harness/project';
import { endAll, run } from '../../quayside/harness/run';

afterEach(() => endAll());

const inProject = (change: (dir: string) => void) => {
  const project = copyProject();
  change(project.dir);
  return project;
};

test.each(['prod', 'DEVELOPMENT', 'dev', ' '])('ENV=%j is an error that names it and the two it takes', async (ENV) => {
  const { exited, closed, output } = run('./cmd.sh', { env: { ENV } });
  expect(await exited).toEqual({ code: 78, signal: null });
  await closed;
  expect(output()).toBe(`cmd.sh: ENV="${ENV}": expected DEV or PROD (unset or empty is PROD)\n`);
});

test.each(['DEV', 'PROD'])('ENV=%s: wrong settings end it before anything listens, with every problem', async (ENV) => {
  const { exited, closed, output } = run('./cmd.sh', { env: { ENV, PORT: '80a', WORKERS: '0', LOG_LEVEL: 'loud' } });
  expect(await exited).toEqual({ code: 78, signal: null });
  await closed;
  expect(output()).toContain(
    [
      'The settings are wrong; nothing was started.',
      '  PORT="80a": expected a port from 1 to 65535',
      '  WORKERS="0": expected a whole number from 1 to 1024',
      '  LOG_LEVEL="loud": expected one of trace, debug, info, warn, error, fatal, silent\n',
    ].join('\n'),
  );
  expect(output()).not.toContain('ready');
});

test('finds its folder through a link, and whatever CDPATH says', async () => {
  const project = inProject((dir) => {
    symlinkSync(join(dir, 'cmd.sh'), join(dir, 'app', 'link.sh'));
  });
  const { exited, line } = run('app/link.sh', { cwd: project.dir, env: { CDPATH: '/', PORT: 'x' } });
  expect(await exited).toEqual({ code: 78, signal: null });
  await line(/PORT="x"/);
  project.remove();
});

test.each([
  ['node_modules', "cmd.sh: the dependencies are missing: run 'npm ci' first\n"],
  ['dist', "cmd.sh: dist/ is missing: run 'npm run build' first\n"],
])('without %s it says what to run', async (missing, message) => {
  const away = mkdtempSync(join(tmpdir(), 'identidock-away-'));
  const project = inProject((dir) => {
    renameSync(join(dir, missing), join(away, missing));
  });
  const { exited, closed, output } = run('./cmd.sh', { cwd: project.dir });
  expect(await exited).toEqual({ code: 1, signal: null });
  await closed;
  expect(output()).toContain(message);
  project.remove();
  rmSync(away, { recursive: true });
});
