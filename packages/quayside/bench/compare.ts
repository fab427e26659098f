// npm run bench: compares production with Flask under uWSGI, pm2, wattpm, plain Express and a bare node:http cluster.
import { loadavg } from 'node:os';
import { comparisons } from './compare/comparisons';
import { LoadTool } from './compare/load';
import { Bench, say } from './compare/measure';
import type { Measured } from './compare/results';
import { readOptions } from './compare/options';
import { report } from './compare/report';
import { answersOfService } from './compare/servers';
import {
  build,
  cleanUp,
  imageName,
  isRunning,
  loadCpus,
  stacks,
  startNeighbour,
  withVersion,
  type Image,
  type Stack,
} from './compare/stacks';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), stacks);
  const { parts, only } = options;
  const isNeeded = ({ key }: Stack) =>
    only.includes(key) && (parts.includes('stacks') || (parts.includes('growth') && key === 'watt'));
  const needed = stacks.filter(isNeeded);
  say('building');
  build(new Set<Image>(['load', ...needed.map(({ image }) => image)]));
  const chosen = needed.map(withVersion);
  const tool = new LoadTool(imageName('load'));
  const bench = new Bench(options, tool);
  const loadBefore = loadavg()[0] ?? NaN;
  const neighbour = options.neighbour ? startNeighbour() : undefined;
  const answers = answersOfService();
  let measured: Measured = {};
  for (const part of parts) measured = { ...measured, ...(await comparisons[part](bench, answers, chosen)) };
  if (neighbour !== undefined && !isRunning(neighbour)) throw new Error('the neighbour ended before the windows did');
  await report({ options, stacks: chosen, load: tool.version, loadCpus, loadBefore, ...measured });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
process.once('exit', cleanUp);
main().catch((error: unknown) => {
  console.error(`npm run bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
