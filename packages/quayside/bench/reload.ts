// npm run bench:reload: compares the development loop with others: from a save to its response, memory, and first start.
import { loadavg } from 'node:os';
import build from '../harness/build';
import { buildImages, hasEngine } from './reload/images';
import type { LoopName } from './reload/loops';
import { measureMemory, RELOADS, type MemoryOfLoop } from './reload/memory';
import { readOptions, type Options, type Place } from './reload/options';
import { measurePaces } from './reload/pace';
import { services, type Service } from './reload/services';
import { measureStarts, STARTS } from './reload/start';
import { ROUNDS, timeSteps } from './reload/steps';
import { memoryTable, paceTable, startTable } from './reload/tables';
import { undoAtExit } from './reload/undo';

const where = { host: 'on the host', container: 'in containers' };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  build();
  if (options.parts.includes('steps')) printSteps();
  for (const place of options.places) {
    if (place === 'container' && !hasEngine()) {
      console.log('\nNo Docker Engine answers: not measured in containers.');
      continue;
    }
    const version = place === 'host' ? process.version : buildImages();
    await measurePlace(options, place, `${where[place]}, Node.js ${version}`);
  }
}

function printSteps(): void {
  const title = `Where the time of the plain loop goes, Node.js ${process.version}; medians of ${String(ROUNDS)}`;
  const before = load();
  const steps = timeSteps();
  console.log(`\n${title}; ${before}`);
  for (const [name, ms] of steps) console.log(name.padEnd(34), `${ms.toFixed().padStart(5)} ms`);
}

/** @param title - the place and the version of Node.js */
async function measurePlace({ parts, sizes, saves, paces }: Options, place: Place, title: string): Promise<void> {
  for (const size of sizes) {
    const service = services[size]();
    if (parts.includes('pace')) await printPaces(service, place, paces ?? service.paces, saves, title);
    if (parts.includes('memory')) await printMemory(service, place, title);
    // The image starts the repository's own service.
    if (parts.includes('start') && (place === 'host' || size === 'small')) await printStarts(service, place, title);
  }
}

async function printPaces(service: Service, place: Place, paces: number[], saves: number, title: string) {
  const before = load();
  const measured = await measurePaces(service, place, paces, saves);
  console.log(`\nFrom a save to its answer: ${service.title}, ${title}; ${String(saves)} saves each; ${before}`);
  console.log(paceTable(measured));
}

async function printMemory(service: Service, place: Place, title: string) {
  const before = load();
  const names: LoopName[] = ['quayside', 'tsx watch'];
  const measured: MemoryOfLoop[] = [];
  for (const name of names) {
    const memory = await measureMemory(name, service, place);
    if (memory !== undefined) measured.push(memory);
  }
  const count = `${String(RELOADS)} saves each`;
  console.log(`\nMemory (Pss) when idle after a reload: ${service.title}, ${title}; ${count}; ${before}`);
  console.log(measured.length === 0 ? 'Not measured: it takes root.' : memoryTable(measured));
}

async function printStarts(service: Service, place: Place, title: string) {
  const before = load();
  const starts = await measureStarts(service, place);
  console.log(
    `\nFrom the command to the first answer: ${service.title}, ${title}; ${String(STARTS)} starts each; ${before}`,
  );
  console.log(startTable(starts));
}

function load(): string {
  return `load average before ${(loadavg()[0] ?? NaN).toFixed(2)}`;
}

undoAtExit();
main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(`npm run bench:reload: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
