// npm run test:swarm: a Swarm of three real engines under constant load, what happens to it, and a table of what was lost.
import { parseArgs } from 'node:util';
import { runProgram, type Findings } from './program';
import { obstacle } from './swarm-cluster';
import { Trial } from './swarm-trial';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' } } });

/** The longest that a broken image may take to be undone, in s. */
const UNDONE_S = 30;

async function run(trial: Trial, rounds: number): Promise<Findings> {
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
  return { rows, problems: trial.problemsOf(rows, UNDONE_S) };
}

const reason = obstacle();
if (reason !== undefined) throw new Error(`no Swarm of several engines can be made here: ${reason}`);
const trial = new Trial();
void runProgram(
  () => run(trial, Number(values.rounds)),
  () => trial.end(),
);
