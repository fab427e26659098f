// npm run tour: runs the commands of docs/tour.md and compares what they print with the page. With --write, writes it
// into the page of either language.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renamed } from '../../create-quayside/src/naming.js';
import { nameIn } from '../../create-quayside/src/template.js';
import { root } from '../../quayside/harness/paths';
import { read, templateName } from '../harness/template';
import { differences, stepsOf, withOutput } from './page';
import { Session } from './session';

const pages = ['docs/tour.md', 'docs/tour.zh-CN.md'];

/**
 * Runs the tour and says what differs, if anything does.
 * @param write - whether to write it into the pages
 * @returns the exit code
 */
async function tour(write: boolean): Promise<number> {
  const [english = '', chinese = ''] = pages.map(read);
  const steps = stepsOf(english);
  const commands = (page: string) => stepsOf(page).map(({ command }) => command);
  if (commands(english).join('\n') !== commands(chinese).join('\n'))
    throw new Error(`${pages.join(' and ')}: other commands`);

  const session = new Session(read(`app/${nameIn(root)}.ts`));
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(signal));
      });
    }
  });
  try {
    const printed = await Promise.race([session.play(steps), interrupted]);
    const found = differences(steps, printed);
    for (const difference of found) console.log(difference);
    console.log(`${String(steps.length)} commands, ${String(found.length)} of them unlike the page`);
    if (!write) return found.length === 0 ? 0 : 1;
    for (const page of pages) {
      writeFileSync(join(root, page), renamed(withOutput(read(page), printed), templateName, nameIn(root)));
    }
    return 0;
  } finally {
    await session.remove();
  }
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
tour(values.write).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`npm run tour: ${String(error)}`);
    process.exitCode = 1;
  },
);
