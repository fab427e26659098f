// npm run test:deploy: deploys on one machine under constant load, and a table of what they have lost.
import { parseArgs } from 'node:util';
import { MachineTrial } from './machine-trial';
import { runProgram, type Findings } from './program';

const { values } = parseArgs({
  options: {
    // How many there are at least.
    requests: { type: 'string', default: '50000' },
    // Caddy finds the containers by a list that it reloads.
    list: { type: 'boolean', default: false },
  },
});

/** Nine deploys, three of them broken, and two rollbacks. */
async function run(trial: MachineTrial): Promise<Findings> {
  if (values.list) trial.useList();
  const { code, output } = await trial.start([
    'second',
    'third',
    'crashes',
    'never gets ready',
    'fails its smoke request',
  ]);
  if (code !== 0) throw new Error(output);
  const load = trial.startLoad(24);
  await trial.deploy('second');
  await trial.deployBroken('crashes');
  await trial.deploy('third');
  await trial.rollBack();
  await trial.deployBroken('never gets ready');
  await trial.deploy('third');
  await trial.deploy('second');
  await trial.deployBroken('fails its smoke request');
  await trial.rollBack();
  await trial.deploy('second');
  await trial.deploy('third');
  load.event('no deploy');
  await load.more(Number(values.requests) - load.ended);
  const rows = await load.stop();
  return { rows, problems: trial.problemsOf(rows) };
}

const trial = new MachineTrial();
void runProgram(
  () => run(trial),
  () => trial.end(),
);
