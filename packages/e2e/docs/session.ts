// The tour as a reader takes it: its commands, one after the other in one shell, in a checkout of its own. Nothing else on
// the machine is touched: the image, its label, the containers and the host's ports have other names meanwhile.
import { randomInt } from 'node:crypto';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { Checkout, docker } from '../harness/docker';
import { templateName } from '../harness/template';
import type { Played, Step } from './page';

const TITLE = 'org.opencontainers.image.title';

/** As wide as the name that the page has for the image, so that tables are, too. */
const newName = () => `tour-${String(randomInt(1e5)).padStart(5, '0')}`;

/** What the page calls something, and what it is called here. */
type Name = readonly [page: string, here: string];

/** A tour, to be removed in any case. */
export class Session {
  readonly image = newName();
  private readonly checkout = new Checkout();

  /**
   * @param service - the source of the service
   */
  constructor(service: string) {
    this.checkout.edit(`app/${templateName}.ts`, () => service);
    this.checkout.edit('Dockerfile', (text) => text.replaceAll(`${TITLE}=${templateName}`, `${TITLE}=${this.image}`));
    // Or all of it might come from the cache, with the age of another run.
    this.checkout.edit('tsconfig.json', (text) => `${text}// ${this.image}\n`);
  }

  /**
   * Runs the commands, one after the other, also where one fails.
   * @returns what each has printed, with the page's names, and its exit code
   * @throws Error where the shell has ended before the last of them
   */
  async play(steps: Step[]): Promise<Played[]> {
    const all = steps.map(({ command }) => command).join('\n');
    const matches = (pattern: RegExp) => [...new Set([...all.matchAll(pattern)].map(([, match = '']) => match))];
    const published = matches(/ -p (\d+):/g);
    const [inspect, ...free] = await freePorts(1 + published.length);
    const ports = published.map((port, index): Name => [port, String(free[index])]);
    const containers = matches(/ --name (\S+)/g).map((name): Name => [name, `${name}-${this.image}`]);
    const names: Name[] = [...containers, [templateName, this.image]];

    const here = (command: string) => {
      const named = names.reduce((text, [page, own]) => text.replace(word(page), own), command);
      return ports.reduce(
        (text, [page, own]) => text.replace(RegExp(`(?<= -p |localhost:)${page}\\b`, 'g'), own),
        named,
      );
    };
    const back = (output: string) => {
      const named = names.reduce((text, [page, own]) => text.replaceAll(own, page), output);
      return ports.reduce((text, [page, own]) => text.replaceAll(`:${own}`, `:${page}`), named);
    };

    const mark = `the end of a command of ${this.image}: exit code`;
    const commands = steps.flatMap(({ command }) => [
      here(command),
      `tour_code=$?; printf '\\n%s %s\\n' '${mark}' $tour_code; (exit $tour_code)`,
    ]);
    const portOf = new Map(ports);
    const shell = run('sh', {
      args: ['-c', [...prologue, ...commands].join('\n')],
      cwd: this.checkout.dir,
      env: { ...process.env, IMAGE: '', PUBLISH_DEV_PORT: portOf.get('5000'), PUBLISH_INSPECT_PORT: String(inspect) },
    });
    await shell.closed;
    const parts = shell.output().split(RegExp(`^${mark} (\\d+)\\n`, 'm'));
    if (parts.length <= 2 * steps.length) throw new Error(`the shell has ended early:\n${shell.output()}`);
    return steps.map((_, index) => ({
      printed: lines(back(parts[2 * index] ?? '')),
      code: Number(parts[2 * index + 1]),
    }));
  }

  /** Removes all that the commands have made, also while they run. */
  async remove(): Promise<void> {
    await endAll();
    // A container has the labels of its image.
    const remove = async (list: string[], ...command: string[]) => {
      const all = await docker(...list, '--quiet', '--filter', `label=${TITLE}=${this.image}`);
      if (all !== '') await docker(...command, '--force', ...new Set(all.split('\n')));
    };
    await remove(['ps', '--all'], 'rm', '--volumes');
    await this.checkout.remove();
    await remove(['image', 'ls'], 'image', 'rm');
  }
}

/** What a reader has by other means: both outputs on one screen, and a registry that can be reached. */
const prologue = [
  'exec 2>&1',
  'docker() {',
  '  if [ "$1" = build ]; then shift; set -- build --build-arg NODE_IMAGE --build-arg NPM_REGISTRY "$@"; fi',
  '  command docker "$@"',
  '}',
];

/** A name by itself, and no part of a file's name. */
const word = (name: string) => RegExp(`(?<![\\w/.-])${name}(?![\\w.-])`, 'g');

function lines(output: string): string[] {
  const text = output.trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => line.trimEnd());
}
