// npm run pictures: makes the pictures of the documents anew, each from a real run.
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import build from '../../quayside/harness/build';
import { root } from '../../quayside/harness/paths';
import { measureDeploy } from './deploy';
import { drawDeploy } from './deploy-picture';
import { measureReloads } from './reload';
import { drawReload } from './reload-picture';
import { record } from './start';
import { drawRecording } from './terminal';

/** @returns what a run is measured on, in words */
const machine = () => `${String(availableParallelism())} CPUs, load average before ${(loadavg()[0] ?? NaN).toFixed(1)}`;

const pictures = {
  start: async () => drawRecording(await record()),
  reload: async () => {
    const where = `on the host, Node.js ${process.version}, ${machine()}`;
    return drawReload(await measureReloads(), where);
  },
  deploy: async () => {
    const where = machine();
    return drawDeploy(await measureDeploy(), where);
  },
};
type Name = keyof typeof pictures;

async function main(names: string[]): Promise<void> {
  const known = Object.keys(pictures);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}": expected some of ${known.join(', ')}`);
  build();
  for (const name of (names.length > 0 ? names : known) as Name[]) {
    const path = `docs/pictures/${name}.svg`;
    writeFileSync(join(root, path), await pictures[name]());
    console.log(path);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`npm run pictures: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
