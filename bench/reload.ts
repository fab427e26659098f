// npm run bench:reload: from the write of app/identidock.ts to the new answer, beside what else reloads.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../test/eventually';
import { fetch } from '../test/fetch';
import { freePorts } from '../test/ports';
import { endAll, run } from '../test/process/run';

const ROUNDS = 20;
/** Between two saves, so that each finds everything at rest. */
const REST_MS = 1500;

/** What anyone would write, for the loops that run a file. */
const listening = `import { createApp } from './identidock';
createApp().listen(Number(process.env.PORT), '127.0.0.1');
`;

const loops = [
  { name: 'identidock', command: './cmd.sh', args: [] },
  {
    name: 'tsx watch',
    command: 'node',
    args: ['node_modules/tsx/dist/cli.mjs', 'watch', '--clear-screen=false', 'app/plain.ts'],
  },
  {
    name: 'nodemon and ts-node',
    command: 'node',
    args: [
      'node_modules/nodemon/bin/nodemon.js',
      '--no-update-notifier',
      '--watch',
      'app',
      '--ext',
      'ts',
      '--exec',
      'node',
      '-r',
      'ts-node/register',
      'app/plain.ts',
    ],
  },
];

const file = 'app/identidock.ts';
const source = readFileSync('test/fixtures/identidock.ts', 'utf8');

/** Starts a loop on a copy of the project; returns what measures one save, in ms, and how many requests failed in it. */
async function start({ command, args }: (typeof loops)[number]) {
  const dir = mkdtempSync(join(tmpdir(), 'identidock-bench-'));
  process.once('exit', () => {
    rmSync(dir, { recursive: true });
  });
  for (const name of ['app', 'cmd.sh', 'nodemon.json', 'tsconfig.json', 'package.json']) {
    cpSync(name, join(dir, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, file), source);
  writeFileSync(join(dir, 'app/plain.ts'), listening);
  const [port] = (await freePorts(1)) as [number];
  // nodemon.json is this project's own way; the others are as they come.
  if (command === 'node') rmSync(join(dir, 'nodemon.json'));
  const env = { ENV: 'DEV', PORT: String(port), INSPECT_PORT: 'off' };
  const server = run(command, { args, cwd: dir, env: { ...env, HOME: process.env.HOME } });
  await eventually(async () => (await fetch(port)).status === 200 || undefined);

  return async (text: string) => {
    await pause(REST_MS);
    let failed = 0;
    const since = performance.now();
    writeFileSync(join(dir, file), source.replace('Hello Docker!', text));
    for (;;) {
      const body = await fetch(port).then(
        (answer) => answer.body,
        () => undefined,
      );
      if (body === `${text}\n`) break;
      if (body === undefined) failed += 1;
      if (performance.now() - since > 20_000) throw new Error(`not served within 20 s:\n${server.output()}`);
      await pause(2);
    }
    return { ms: performance.now() - since, failed };
  };
}

async function main() {
  const results = loops.map(() => [] as { ms: number; failed: number }[]);
  const saves = await Promise.all(loops.map(start));
  // Warmed up once, then in turn.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, save] of saves.entries()) {
      const result = await save(`Hello ${String(round)}!`);
      if (round > 0) results[index]?.push(result);
    }
  }
  await endAll();
  const medians = results.map((all) => all.map(({ ms }) => ms).sort((a, b) => a - b)[ROUNDS / 2] ?? NaN);
  console.log(`Node.js ${process.version}, ${String(ROUNDS)} saves each, in turn\n`);
  console.log('                       median ms   least    most   of tsx watch   requests refused');
  for (const [index, { name }] of loops.entries()) {
    const all = results[index] ?? [];
    const ms = all.map((one) => one.ms);
    const failed = all.reduce((sum, one) => sum + one.failed, 0);
    console.log(
      name.padEnd(22),
      (medians[index] ?? NaN).toFixed().padStart(9),
      Math.min(...ms)
        .toFixed()
        .padStart(7),
      Math.max(...ms)
        .toFixed()
        .padStart(7),
      ((medians[index] ?? NaN) / (medians[1] ?? NaN)).toFixed(2).padStart(14),
      String(failed).padStart(18),
    );
  }
}

void main().finally(endAll);
