// npm run bench:reload: from the write of app/identidock.ts to the new answer, beside what else reloads; where a Docker
// Engine answers, in containers, too.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../harness/eventually';
import { fetch } from '../harness/fetch';
import { fixture, program, root } from '../harness/paths';
import { freePorts } from '../harness/ports';
import { writeProject } from '../harness/project';
import { endAll, run } from '../harness/run';

const ROUNDS = 20;
/** Between two saves, so that each finds everything at rest. */
const REST_MS = 1500;
const IMAGE = 'identidock-bench';

/** What anyone would write, for the loops that run a file. */
const listening = `import { createApp } from './identidock';
createApp().listen(Number(process.env.PORT));
`;

/** The commands; the last that is named here is what the others are held against. */
const loops = {
  quayside: [program, 'dev', 'app/identidock.ts'],
  'nodemon and ts-node': [
    ...['node', 'node_modules/nodemon/bin/nodemon.js', '--no-update-notifier', '--watch', 'app', '--ext', 'ts'],
    ...['--exec', 'node', '-r', 'ts-node/register', 'app/plain.ts'],
  ],
  'tsx watch': ['node', 'node_modules/tsx/dist/cli.mjs', 'watch', '--clear-screen=false', 'app/plain.ts'],
};

const file = 'app/identidock.ts';
const source = readFileSync(fixture('identidock.ts'), 'utf8');

/** One save: how long until it is served, in ms, and how many requests were refused until then. */
interface Save {
  ms: number;
  refused: number;
}

/** Starts a loop on a project of its own; returns what saves a text and measures that. */
async function start(command: string[], inContainer: boolean): Promise<(text: string) => Promise<Save>> {
  const { dir, remove } = writeProject(source);
  process.once('exit', remove);
  writeFileSync(join(dir, 'app/plain.ts'), listening);

  const [port] = (await freePorts(1)) as [number];
  const env = { PORT: String(port), INSPECT_PORT: 'off' };
  const docker = [
    ...['run', '--rm', '--init', '--publish', `127.0.0.1:${String(port)}:${String(port)}`],
    ...Object.entries({ ...env, HOST: '0.0.0.0' }).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--volume', `${dir}/app:/srv/app:ro`, IMAGE],
    ...command.map((word) => (word === program ? 'node_modules/.bin/quayside' : word)),
  ];
  const [executable = '', ...args] = inContainer ? ['docker', ...docker] : command;
  const server = run(executable, { args, cwd: dir, env: { ...env, HOME: process.env.HOME } });
  await eventually(async () => (await fetch(port)).status === 200 || undefined);

  return async (text) => {
    await pause(REST_MS);
    let refused = 0;
    const since = performance.now();
    writeFileSync(join(dir, file), source.replace('Hello Docker!', text));
    for (;;) {
      const body = await fetch(port).then(
        (answer) => answer.body,
        () => undefined,
      );
      const ms = performance.now() - since;
      if (body === `${text}\n`) return { ms, refused };
      if (body === undefined) refused += 1;
      if (ms > 20_000) throw new Error(`not served within 20 s:\n${server.output()}`);
      await pause(2);
    }
  };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function measure(where: string, inContainer: boolean) {
  const saves = await Promise.all(Object.values(loops).map((command) => start(command, inContainer)));
  const results = saves.map((): Save[] => []);
  const load = loadavg()[0] ?? 0;
  // The first warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, save] of saves.entries()) {
      const result = await save(`Hello ${String(round)}!`);
      if (round > 0) results[index]?.push(result);
    }
  }
  // SIGTERM, not SIGKILL: a container is ended by its client only if that lives to do it.
  await endAll('SIGTERM');

  const medians = results.map((all) => median(all.map(({ ms }) => ms)));
  const against = medians.at(-1) ?? NaN;
  console.log(`\n${where}; ${String(ROUNDS)} saves each, in turn; load before ${load.toFixed(1)}`);
  console.log('                      median ms  least   most  of tsx watch  requests refused');
  for (const [index, name] of Object.keys(loops).entries()) {
    const all = results[index] ?? [];
    const ms = all.map((save) => save.ms);
    const columns = [
      (medians[index] ?? NaN).toFixed().padStart(9),
      Math.min(...ms)
        .toFixed()
        .padStart(6),
      Math.max(...ms)
        .toFixed()
        .padStart(6),
      ((medians[index] ?? NaN) / against).toFixed(2).padStart(13),
      String(all.reduce((sum, { refused }) => sum + refused, 0)).padStart(17),
    ];
    console.log(name.padEnd(21), ...columns);
  }
}

/** What a process of the plain loop does from its start on, each by itself: Node.js's arguments, and those to take off. */
const bare = ['-e', '0'];
const transpileOnly = ['-r', 'ts-node/register/transpile-only', '-e', "require('./app/identidock.ts')"];
const steps = {
  'nodemon looks up the processes': [['-e', "require('pstree.remy')(process.pid, () => {})"], bare],
  'Node.js starts': [bare],
  'ts-node and TypeScript are loaded': [['-r', 'ts-node/register/transpile-only', ...bare], bare],
  'the types are checked': [transpileOnly.with(1, 'ts-node/register'), transpileOnly],
  'Express is loaded': [['-e', "require('express')"], bare],
} satisfies Record<string, [string[]] | [string[], string[]]>;

function timeSteps() {
  const time = (args: string[]) => {
    const since = performance.now();
    execFileSync('node', args, { cwd: root, stdio: 'ignore' });
    return performance.now() - since;
  };
  console.log(`\nWhere the time of the plain loop goes, Node.js ${process.version}; medians of ${String(ROUNDS)}`);
  for (const [name, [args, without]] of Object.entries<string[][]>(steps)) {
    const ms = Array.from({ length: ROUNDS }, () => time(args ?? []) - (without === undefined ? 0 : time(without)));
    console.log(name.padEnd(34), `${median(ms).toFixed().padStart(5)} ms`);
  }
}

/** Builds the image with all tools in it, where there is an engine; returns the version of its Node.js. */
function buildImage(): string | undefined {
  const docker = (...args: string[]) =>
    execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    docker('info');
  } catch {
    return undefined;
  }
  const base = process.env.NODE_IMAGE === undefined ? [] : ['--build-arg', `NODE_IMAGE=${process.env.NODE_IMAGE}`];
  docker('build', '--target', 'test', '--tag', IMAGE, ...base, root);
  return docker('run', '--rm', IMAGE, 'node', '--version');
}

async function main() {
  timeSteps();
  await measure(`On the host, Node.js ${process.version}`, false);
  const version = buildImage();
  if (version === undefined) console.log('\nNo Docker Engine answers: not measured in containers.');
  else await measure(`In containers, Node.js ${version}`, true);
}

void main().finally(() => endAll());
