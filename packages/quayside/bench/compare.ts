// npm run bench: production beside Flask under uWSGI, pm2, plain Express, and a bare node:http cluster.
import { loadavg } from 'node:os';
import { compareGrowth, comparePolicies, compareReaders, compareStacks, RATE } from './compare/comparisons';
import { LoadTool } from './compare/load';
import { Bench, say } from './compare/measure';
import type { Report } from './compare/results';
import { readOptions } from './compare/options';
import { report } from './compare/report';
import { answersOfService } from './compare/servers';
import { build, cleanUp, imageName, loadCpus, stacks, type Image } from './compare/stacks';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), stacks);
  const chosen = stacks.filter(({ key }) => options.only.includes(key));
  say('building');
  build(new Set<Image>(['load', ...chosen.map(({ image }) => image)]));
  const tool = new LoadTool(imageName('load'));
  const bench = new Bench(options, tool);
  const loadBefore = loadavg()[0] ?? NaN;
  const answers = answersOfService();
  const compared = await compareStacks(bench, chosen, answers);
  const rest: Pick<Report, 'policies' | 'readers' | 'growth'> = options.isWhole
    ? {
        policies: await comparePolicies(bench),
        readers: await compareReaders(bench),
        growth: await compareGrowth(bench, answers),
      }
    : {};
  const load = { load: tool.version, loadCpus, loadBefore, rate: RATE, canPlot: tool.isWrk };
  await report({ options, stacks: chosen, ...load, ...compared, ...rest });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
process.once('exit', cleanUp);
main().catch((error: unknown) => {
  console.error(`npm run bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
