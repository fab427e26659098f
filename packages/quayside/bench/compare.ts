// npm run bench: production beside Flask under uWSGI, pm2, plain Express, and a bare node:http cluster.
import { loadavg } from 'node:os';
import { comparisons } from './compare/comparisons';
import { LoadTool } from './compare/load';
import { Bench, say } from './compare/measure';
import type { Measured } from './compare/results';
import { readOptions } from './compare/options';
import { report } from './compare/report';
import { answersOfService } from './compare/servers';
import { build, cleanUp, imageName, isRunning, loadCpus, stacks, startNeighbour, type Image } from './compare/stacks';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), stacks);
  const chosen = stacks.filter(({ key }) => options.only.includes(key));
  say('building');
  const peers = options.parts.includes('stacks') ? chosen.map(({ image }) => image) : [];
  build(new Set<Image>(['load', ...peers]));
  const tool = new LoadTool(imageName('load'));
  const bench = new Bench(options, tool);
  const loadBefore = loadavg()[0] ?? NaN;
  const neighbour = options.neighbour ? startNeighbour() : undefined;
  const answers = answersOfService();
  let measured: Measured = {};
  for (const part of options.parts) measured = { ...measured, ...(await comparisons[part](bench, answers, chosen)) };
  if (neighbour !== undefined && !isRunning(neighbour)) throw new Error('the neighbour ended before the windows did');
  await report({ options, stacks: chosen, load: tool.version, loadCpus, loadBefore, canPlot: tool.isWrk, ...measured });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
process.once('exit', cleanUp);
main().catch((error: unknown) => {
  console.error(`npm run bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
