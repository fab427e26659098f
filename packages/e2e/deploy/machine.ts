// npm run test:deploy: deploys on one machine under constant load, and a table of what they have lost.
import { parseArgs } from 'node:util';
import build from '../../quayside/harness/build';
import { tableOf } from './load';
import { MachineTrial } from './machine-trial';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '50000' }, list: { type: 'boolean', default: false } },
});

/**
 * Runs the trial: nine deploys, three of them broken, and two rollbacks.
 * @param requests - how many there have to be at least
 * @param list - has Caddy find the containers by a list that it reloads
 */
async function main(requests: number, list: boolean): Promise<void> {
  build();
  const trial = new MachineTrial();
  if (list) trial.useList();
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(signal));
      });
    }
  });
  try {
    await Promise.race([run(trial, requests), interrupted]);
  } finally {
    await trial.end();
  }
}

async function run(trial: MachineTrial, requests: number): Promise<void> {
  const { code, output } = await trial.start([
    'second',
    'third',
    'crashes',
    'never gets ready',
    'fails its smoke request',
  ]);
  if (code !== 0) throw new Error(output);
  trial.startLoad();
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
  trial.load.event('no deploy');
  await trial.load.more(requests - trial.load.ended);
  const rows = await trial.stop();
  const problems = trial.problemsOf(rows);
  console.log(tableOf(rows));
  console.log(`\n${String(rows.reduce((sum, row) => sum + row.requests, 0))} requests`);
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

void main(Number(values.requests), values.list);
