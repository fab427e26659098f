// Jobs: `quayside run FILE`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../../harness/paths';
import { run, type Running } from '../../harness/run';
import { logOf, project, useServer } from '../../harness/server';

useServer();

/** Starts a job of this source. */
function start(
  source: string,
  { file = 'job.js', env = {} }: { file?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  writeFileSync(join(project.dir, file), source);
  return run(program, { args: ['run', file], cwd: project.dir, env });
}

/** Its exit code, when all it has written is there. */
async function codeOf(job: Running): Promise<number | null> {
  const { code } = await job.exited;
  await job.closed;
  return code;
}

const ends = "const { log } = require('quayside'); exports.run = async () => { log.info('did it'); };";

test.each([
  ['CommonJS', 'job.js', ends],
  ['an ES module', 'job.mjs', "import { log } from 'quayside'; await 0; export const run = () => log.info('did it');"],
  [
    'a default export',
    'job.mjs',
    "import { log } from 'quayside'; export default { run: () => { log.info('did it'); } };",
  ],
])('%s: it runs once, and its lines say which job it is', async (_, file, source) => {
  const job = start(source, { file });
  expect(await codeOf(job)).toBe(0);
  const common = { level: 'info', time: expect.any(String) as string, job: 'job' };
  expect(logOf(job)).toEqual([
    { ...common, msg: 'did it' },
    { ...common, ms: expect.any(Number) as number, msg: 'job ended' },
  ]);
});

test('what it leaves open does not keep it', async () => {
  const job = start(
    'exports.run = () => { require("node:net").createServer().listen(0); setInterval(() => 0, 1e6); };',
  );
  expect(await codeOf(job)).toBe(0);
});

test('an exit code of its own is kept', async () => {
  expect(await codeOf(start('exports.run = () => { process.exitCode = 3; };'))).toBe(3);
});

test('the log is whole at the exit', async () => {
  const job = start(
    `const { log } = require('quayside');
     exports.run = () => { for (let n = 0; n < 5000; n += 1) log.info({ n, text: 'x'.repeat(500) }, 'one'); };`,
  );
  expect(await codeOf(job)).toBe(0);
  expect(logOf(job).filter(({ msg }) => msg === 'one')).toHaveLength(5000);
});

test('it has the settings of the server and NODE_ENV, and nothing listens', async () => {
  const job = start('exports.run = () => { console.log(process.env.NODE_ENV, process.env.WORKERS); };', {
    env: { WORKERS: '2', NODE_ENV: 'test' },
  });
  await job.line(/^production 2$/);
  expect(await codeOf(job)).toBe(0);
});

test('wrong settings: the list of problems and exit code 78, before it is loaded', async () => {
  const job = start("console.log('loaded');", { env: { GRACE: 'x', LOG_LEVEL: 'loud' } });
  expect(await codeOf(job)).toBe(78);
  expect(job.output()).toMatch(/nothing was started\.\n {2}LOG_LEVEL="loud": .*\n {2}GRACE="x": .*\n$/);
});

describe('fails with exit code 1 and a line at fatal', () => {
  test.each([
    ['it rejects', 'exports.run = async () => { throw new Error("broken"); };', 'job failed', /broken/],
    ['it throws', 'exports.run = () => { throw new Error("broken"); };', 'job failed', /broken/],
    ['it throws what is no error', 'exports.run = () => { throw undefined; };', 'job failed', /undefined was thrown/],
    [
      'an exception that nobody handles',
      'exports.run = () => new Promise(() => { setTimeout(() => { throw new Error("broken"); }); });',
      'uncaught exception',
      /broken/,
    ],
    [
      'a rejection that nobody handles',
      'exports.run = () => new Promise(() => { Promise.reject(new Error("broken")); setInterval(() => 0, 1e6); });',
      'uncaught exception',
      /broken/,
    ],
    [
      'a promise that nothing is left to settle',
      'exports.run = () => new Promise(() => {});',
      'job failed',
      /did not finish/,
    ],
    [
      'an AbortError, though nobody has aborted it',
      'exports.run = () => AbortSignal.abort().throwIfAborted();',
      'job failed',
      /aborted/,
    ],
  ])('%s', async (_, source, msg, message) => {
    const job = start(source);
    expect(await codeOf(job)).toBe(1);
    expect(logOf(job)).toEqual([
      expect.objectContaining({
        level: 'fatal',
        job: 'job',
        msg,
        err: expect.objectContaining({ message: expect.stringMatching(message) as string }) as object,
      }),
    ]);
  });
});

test.each([
  ['job.js', 'exports.runs = 1;', /job\.js does not export run: expected a function that takes an AbortSignal/],
  ['job.js', 'exports.run = 1;', /job\.js does not export run: expected a function/],
  ['job.mjs', 'export default null;', /job\.mjs does not export run: expected a function/],
  ['job.ts', '', /job\.ts is TypeScript: run 'npm run build' first, and pass the compiled file\n$/],
  ['job.js', "throw new Error('broken');", /Error: broken\n {4}at .*job\.js:1/],
])('%s with %j cannot start: the reason on stderr, at any LOG_LEVEL', async (file, source, reason) => {
  const job = start(source, { file, env: { LOG_LEVEL: 'silent' } });
  expect(await codeOf(job)).toBe(1);
  expect(job.output()).toMatch(/^The job could not start: /);
  expect(job.output()).toMatch(reason);
});

test('frames of TypeScript have the lines of the sources', async () => {
  project.replaceService(
    "interface Unused {\n  a: 1;\n}\nexport function run(): never {\n  throw new Error('broken');\n}\n",
  );
  const job = run(program, { args: ['run', 'dist/identidock.js'], cwd: project.dir });
  expect(await codeOf(job)).toBe(1);
  expect(job.output()).toMatch(/identidock\.ts:5:/);
});

describe('a signal', () => {
  const waits = `
    const { setTimeout: wait } = require('node:timers/promises');
    exports.run = async (signal) => { console.log('waits'); await wait(1e6, undefined, { signal }); };`;

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s stops a job that waits by the signal, with exit code 0',
    async (signal) => {
      const job = start(waits);
      await job.line(/waits/);
      job.kill(signal);
      expect(await codeOf(job)).toBe(0);
      expect(logOf(job).map(({ msg }) => msg)).toEqual(['stopping', 'job ended']);
      expect(logOf(job)[0]).toMatchObject({ signal });
    },
  );

  test('a job has the time to finish what it has begun', async () => {
    const job = start(
      `exports.run = (signal) => new Promise((resolve) => {
         console.log('waits');
         setInterval(() => 0, 1e6);
         signal.onabort = () => setTimeout(() => { console.log('finished'); resolve(); }, 100);
       });`,
    );
    await job.line(/waits/);
    job.kill('SIGTERM');
    expect(await codeOf(job)).toBe(0);
    expect(job.output()).toContain('finished');
  });

  test('a job that fails because of it has failed', async () => {
    const job = start(
      `exports.run = (signal) => new Promise((_, reject) => {
         console.log('waits');
         setInterval(() => 0, 1e6);
         signal.onabort = () => reject(new Error('half done'));
       });`,
    );
    await job.line(/waits/);
    job.kill('SIGTERM');
    expect(await codeOf(job)).toBe(1);
    expect(logOf(job).at(-1)).toMatchObject({ level: 'fatal', msg: 'job failed' });
  });

  const deaf = "exports.run = () => new Promise(() => { console.log('waits'); setInterval(() => 0, 1e6); });";

  test('a job that does not end within GRACE is cut', async () => {
    const job = start(deaf, { env: { GRACE: '1' } });
    await job.line(/waits/);
    job.kill('SIGTERM');
    expect(await codeOf(job)).toBe(1);
    expect(logOf(job).at(-1)).toMatchObject({ level: 'error', msg: 'the job did not end within GRACE=1 s' });
  });

  test('a second one cuts it at once; one that comes right after the first is the first', async () => {
    const job = start(
      `exports.run = (signal) => new Promise(() => {
         console.log('waits');
         setInterval(() => 0, 1e6);
         signal.onabort = () => setTimeout(() => console.log('goes on'), 50);
       });`,
      { env: { GRACE: '3600' } },
    );
    await job.line(/waits/);
    job.kill('SIGINT');
    job.kill('SIGTERM');
    await job.line(/goes on/);
    const again = setInterval(() => {
      job.kill('SIGTERM');
    }, 20);
    expect(await codeOf(job)).toBe(1);
    clearInterval(again);
    expect(logOf(job).map(({ msg }) => msg)).toEqual(['stopping', 'stopping at once']);
  });

  test('SIGHUP is ignored', async () => {
    const job = start(waits);
    await job.line(/waits/);
    job.kill('SIGHUP');
    job.kill('SIGTERM');
    expect(await codeOf(job)).toBe(0);
    expect(logOf(job)[0]).toMatchObject({ signal: 'SIGTERM' });
  });

  test('SIGTERM before the job is loaded ends it with exit code 0, and it does not begin', async () => {
    const job = start(
      "console.log('loads'); await new Promise((resolve) => setInterval(resolve, 1e6)); export const run = () => 0;",
      {
        file: 'job.mjs',
      },
    );
    await job.line(/loads/);
    job.kill('SIGTERM');
    expect(await codeOf(job)).toBe(0);
    expect(logOf(job)).toEqual([]);
  });
});

test('a settings file beside it that cannot be loaded keeps the job from starting', async () => {
  writeFileSync(join(project.dir, 'settings.js'), "throw new Error('no settings');");
  const job = start(ends);
  expect(await codeOf(job)).toBe(1);
  expect(job.output()).toMatch(/^The job could not start: Error: no settings\n +at /);
  expect(job.output()).not.toContain('did it');
});
