// What the workers get compiled, by a process that outlives them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../../harness/eventually';
import { quayside } from '../../../harness/paths';
import { service } from '../../../harness/project';
import type { Running } from '../../../harness/run';
import { get, project, save, says, serve, start, until, useDevelopment, write } from '../../../harness/development';

useDevelopment();

/** The children of the server that run a file, by their process ids, the oldest first. */
function childrenOf(server: Running, name: string): number[] {
  const children = readFileSync(`/proc/${String(server.pid)}/task/${String(server.pid)}/children`, 'utf8');
  const runs = (pid: string) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name);
  return children.split(' ').filter(runs).map(Number);
}

/** Waits for a child of the server that runs a file; returns its process id. */
function childOf(server: Running, name: string): Promise<number> {
  return eventually(() => childrenOf(server, name)[0]);
}

/** Ends a process by SIGKILL, and waits until it is gone. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually(() => !existsSync(`/proc/${String(pid)}`) || undefined);
}

/** Writes the project's tsconfig.json, with some things changed. */
function changeConfig({ compilerOptions, ...more }: { compilerOptions?: object; [name: string]: unknown }): void {
  const path = join(project.dir, 'tsconfig.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { compilerOptions: object };
  writeFileSync(
    path,
    JSON.stringify({ ...config, ...more, compilerOptions: { ...config.compilerOptions, ...compilerOptions } }),
  );
}

test('a worker holds no compiler', async () => {
  await serve(`app.get('/', (_req, res) => { res.json(Object.keys(require.cache)); });`);
  const { body } = await get();
  expect(body).toContain('identidock.ts');
  expect(body).not.toMatch(/node_modules\/(typescript|ts-node)\//);
});

test('what ts-node compiles is served: enums, parameter properties, .cts, and a name that ends in .js', async () => {
  write('letter.ts', "export enum Letter { A = 'a' }\n");
  write('pair.cts', 'export class Pair { constructor(readonly first: string) {} }\n');
  project.replaceService(`
    import { Letter } from './letter.js';
    import { Pair } from './pair.cjs';
    ${service("app.get('/', (_req, res) => { res.send(new Pair(Letter.A).first); });")}`);
  start();
  await until('a');
});

test('JavaScript beside TypeScript is found first, unless tsconfig.json prefers the other', async () => {
  write('part.js', "exports.part = 'JavaScript';\n");
  write('part.ts', "export const part = 'TypeScript';\n");
  const shown = `import { part } from './part';\n${service("app.get('/', (_req, res) => { res.send(part); });")}`;
  project.replaceService(shown);
  start();
  await until('JavaScript');
  changeConfig({ 'ts-node': { preferTsExts: true } });
  project.replaceService(`${shown}\n`);
  await until('TypeScript');
});

test('an edit of tsconfig.json counts from the next save on, for all files', async () => {
  write('part.ts', 'export const part = String(async () => {});\n');
  const shown = (answer: string) =>
    `import { part } from './part';\n${service(`app.get('/', (_req, res) => { res.send('${answer} ' + part.slice(0, 5)); });`)}`;
  project.replaceService(shown('old'));
  const server = await serve(undefined, { LOG_LEVEL: 'debug' });
  await until('old async');
  await server.line(/serving after[^]*ready for the next change/);
  changeConfig({ compilerOptions: { target: 'es2015' } });
  project.replaceService(shown('new'));
  await until('new () =>');
});

test('so does an edit of what tsconfig.json extends', async () => {
  const base = (target: string) => {
    writeFileSync(join(project.dir, 'base.json'), JSON.stringify({ compilerOptions: { target } }));
  };
  const shown = (answer: string) =>
    service(`app.get('/', (_req, res) => { res.send('${answer} ' + String(async () => {}).slice(0, 5)); });`);
  base('es2023');
  changeConfig({ extends: './base.json', compilerOptions: { target: undefined } });
  project.replaceService(shown('old'));
  start();
  await until('old async');
  base('es2015');
  project.replaceService(shown('new'));
  await until('new () =>');
});

test('types are checked by what tsconfig.json says now', async () => {
  changeConfig({ compilerOptions: { module: 'commonjs', moduleDetection: 'legacy' } });
  for (const name of ['one.ts', 'two.ts']) write(name, 'const twice = 1;\n');
  const server = await serve(says('old'));
  await server.line(/types: 2 wrong\n.*Cannot redeclare block-scoped variable 'twice'/);
  changeConfig({ compilerOptions: { moduleDetection: 'force' } });
  save(says('new'));
  await server.line(/types: all right again/);
});

test('a wrong tsconfig.json is said until it is mended', async () => {
  const server = await serve(says('old'), { LOG_LEVEL: 'debug' });
  changeConfig({ compilerOptions: { target: 'es1' } });
  save(says('new'));
  await server.line(/error TS6046: Argument for '--target' option must be/);
  await server.line(/Waiting for a change[^]*(ready for the next change[^]*){2}/);
  changeConfig({ compilerOptions: { target: 'es2023' } });
  save(says('mended'));
  await until('mended');
});

test('a package that is required and imported is one, though its folder is a link', async () => {
  write('first.mjs', 'export {};\n');
  write('late.ts', 'export {};\n');
  project.replaceService(`
    export async function createApp() {
      // Node.js knows this folder now; then the compiler is asked.
      await import('./first.mjs' as string);
      require('./late');
      const imported = (await import('express')).default;
      const app = require('express')();
      return app.get('/', (_req, res) => { res.send(String(imported === require('express'))); });
    }`);
  await serve();
  expect((await get()).body).toBe('true');
});

test('what tsconfig.json has loaded before the service is loaded', async () => {
  write('first.js', "globalThis.first = 'first';\n");
  changeConfig({ 'ts-node': { require: ['./app/first.js'] } });
  await serve(`app.get('/', (_req, res) => { res.send((globalThis as { first?: string }).first); });`);
  expect((await get()).body).toBe('first');
});

test('an ES module is refused, with what to do', async () => {
  writeFileSync(join(project.dir, 'package.json'), '{ "type": "module" }');
  const server = start();
  await server.line(
    /app\/identidock\.ts is an ES module: expected CommonJS\. Remove "type": "module" from package\.json/,
  );
  writeFileSync(join(project.dir, 'package.json'), '{}');
  write('part.mts', 'export const part = 1;\n');
  project.replaceService("import './part.mjs';\n");
  await server.line(/app\/part\.mts is an ES module: expected CommonJS\. Rename it to \.ts/);
});

test('a compiler that has ended is said, and started again by the next change', async () => {
  const server = await serve(says('old'), { LOG_LEVEL: 'debug' });
  for (const answer of ['new', 'newer']) {
    await server.line(new RegExp(`(serving after[^]*ready for the next change[^]*){${answer === 'new' ? '1' : '2'}}`));
    await kill(await childOf(server, 'compiler.js'));
    await server.line(/The compiler exited unexpectedly, by SIGKILL\. The next change starts it again\./);
    // What serves does not need it.
    expect((await get()).status).toBe(200);
    save(says(answer));
    await until(answer);
  }
});

test('signals, which Ctrl-C sends to every process, are the primary’s alone to act on', async () => {
  const server = await serve(`const count: number = 'one'; ${says('old')}`);
  // Then both run, and not only Node.js.
  await server.line(/types: 1 wrong/);
  const pids = [await childOf(server, 'compiler.js'), await childOf(server, 'types.js')];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    for (const pid of pids) process.kill(pid, signal);
    save(says(signal));
    await until(signal);
  }
  expect(await childOf(server, 'types.js')).toBe(pids[1]);
  expect(server.output()).not.toMatch(/has ended|exited unexpectedly/);
});

test('a compiler that ends while code is loaded: the answers say so, until the next change', async () => {
  write('late.ts', "export const late = 'late';\n");
  const server = await serve(`
    app.get('/', (_req, res) => { res.send(require('./late').late); });`);
  await kill(await childOf(server, 'compiler.js'));
  await server.line(/The compiler exited unexpectedly/);
  const { status, body } = await get();
  expect(status).toBe(500);
  expect(body).toContain('The compiler has ended.');
  save(says('new'));
  await until('new');
});

test('a compiler that ends before a worker has reached it: the answers say so, until the next change', async () => {
  const server = await serve(says('old'), { LOG_LEVEL: 'debug' });
  await server.line(/serving after(?:[^]*ready for the next change){2}/);
  const compiler = await childOf(server, 'compiler.js');
  // It takes no more workers; without those that stand ready, the next one has to wait for it.
  process.kill(compiler, 'SIGSTOP');
  const workers = childrenOf(server, 'worker.js');
  for (const spare of workers.slice(1)) await kill(spare);
  save(says('between'));
  await eventually(() => childrenOf(server, 'worker.js').find((pid) => !workers.includes(pid)));
  await kill(compiler);
  await server.line(/The compiler has ended\.\nWaiting for a change/);
  save(says('new'));
  await until('new');
});

test('types are checked again when the process that does it has ended', async () => {
  const server = await serve(says('old'));
  await kill(await childOf(server, 'types.js'));
  await server.line(/WARN: The type checker exited unexpectedly, by SIGKILL\. The next change starts it again\./);
  project.replaceService(`const count: number = 'one';\n${service(says('new'))}`);
  await server.line(/identidock\.ts\(1,7\): error TS2322/);
});

test('a check of types that is given up reports nothing, and the next reports all', async () => {
  project.replaceService(`const count: number = 'one';\n${service(says('new'))}`);
  const { dir } = project;
  const types = fork(join(quayside, 'dist/development/types.js'), [join(dir, 'app/identidock.ts')], {
    cwd: dir,
    silent: true,
  });
  let output = '';
  types.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  types.send({ type: 'check', change: 1 });
  types.send({ type: 'give up' });
  types.send({ type: 'check', change: 2 });
  await eventually(() => output.includes('types: 1 wrong') || undefined);
  save(says('right'));
  types.send({ type: 'check', change: 3 });
  await eventually(() => output.includes('types: all right again') || undefined);
  types.disconnect();
  await once(types, 'exit');
  expect(output.match(/wrong/g)).toHaveLength(1);
});
