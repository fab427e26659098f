// npm run test:swarm: a Swarm of three real engines under constant load, what happens to it, and a table of what was lost.
import { parseArgs } from 'node:util';
import build from '../../quayside/harness/build';
import { tableOf } from './load';
import { obstacle } from './swarm-cluster';
import { Trial } from './swarm-trial';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' } } });

async function main(): Promise<void> {
  const reason = obstacle();
  if (reason !== undefined) throw new Error(`no Swarm of several engines can be made here: ${reason}`);
  build();
  const trial = new Trial();
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(signal));
      });
    }
  });
  try {
    await Promise.race([run(trial, Number(values.rounds)), interrupted]);
  } finally {
    await trial.end();
  }
}

async function run(trial: Trial, rounds: number): Promise<void> {
  await trial.start(['first', 'second', 'crashes', 'never gets ready']);
  const [, second, third] = trial.cluster.engines;
  if (!second || !third) throw new Error('start() makes three engines');
  for (let round = 0; round < rounds; round += 1) {
    await trial.update('second');
    await trial.update('crashes', 'rollback_completed');
    await trial.update('never gets ready', 'rollback_completed');
    await trial.update('first');
    await trial.scale(6);
    await trial.scale(3);
    await trial.kill(second);
    await trial.drain(third);
    await trial.spread();
    await trial.killDaemon(second);
    await trial.restartDaemon(second);
    await trial.spread();
    await trial.cut(third);
    await trial.rejoin(third);
    await trial.spread();
  }
  const rows = await trial.stop();
  const problems = trial.problemsOf(rows, 30);
  console.log(tableOf(rows));
  console.log(`\n${String(rows.reduce((sum, { requests }) => sum + requests, 0))} requests`);
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

void main();
