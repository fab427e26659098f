// The tour as a reader takes it: its commands, one after the other in one shell, in a checkout of its own. Nothing else on
// the machine is touched: the image, its label, the containers and the host's ports have other names meanwhile.
import { randomInt } from 'node:crypto';
import { eventually } from '../../quayside/harness/eventually';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { Checkout, docker } from '../harness/docker';
import { templateName } from '../harness/template';
import { isElision, type Step } from './page';

const TITLE = 'org.opencontainers.image.title';

/** As wide as the name that the page has for the image, so that tables are, too. */
const newName = () => `tour-${String(randomInt(1e5)).padStart(5, '0')}`;

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
   * @returns the lines that each has printed, with the page's names
   * @throws Error where one fails that the page leaves lines of out, as these may say why
   */
  async play(steps: Step[]): Promise<string[][]> {
    const { here, back, env } = await translation(steps, this.image);
    const mark = `the end of a command of ${this.image}`;
    const commands = steps.flatMap(({ command, output }) => [
      here(command),
      `tour_code=$?; ${output.some(isElision) ? '[ $tour_code = 0 ] || exit; ' : ''}printf '\\n${mark}\\n'; (exit $tour_code)`,
    ]);
    const script = [...prologue, ...commands].join('\n');
    const shell = run('sh', { args: ['-c', script], cwd: this.checkout.dir, env: { ...process.env, ...env } });
    await shell.closed;
    const printed = shell.output().split(`\n${mark}\n`);
    const end = printed.pop() ?? '';
    if (printed.length < steps.length) throw new Error(`$ ${steps[printed.length]?.command ?? ''}\n${back(end)}`);
    return printed.map((output) => lines(back(output)));
  }

  /** Removes all that the commands have made, also while they run. */
  async remove(): Promise<void> {
    await endAll();
    // Until there are none: what the shell was about may still be going on. A container has the labels of its image.
    const remove = (list: string[], ...command: string[]) =>
      eventually(async () => {
        const all = await docker(...list, '--quiet', '--filter', `label=${TITLE}=${this.image}`);
        if (all === '') return true;
        await docker(...command, '--force', ...new Set(all.split('\n')));
        return undefined;
      });
    await remove(['ps', '--all'], 'rm', '--volumes');
    await this.checkout.remove();
    await remove(['image', 'ls'], 'image', 'rm');
  }
}

/** What the page calls something, and what it is called here. */
type Name = readonly [page: string, here: string];

/**
 * Finds the names of the commands' containers and the ports that they publish, and has others take their places.
 * @param image - the image's name here
 * @returns how a command is said here, how an output is said on the page, and what tells Compose the same
 */
async function translation(steps: Step[], image: string) {
  const commands = steps.map(({ command }) => command).join('\n');
  const found = (pattern: RegExp) => [...new Set(Array.from(commands.matchAll(pattern), ([, match = '']) => match))];
  const containers = found(/ --name (\S+)/g).map((name): Name => [name, `${name}-${image}`]);
  const names: Name[] = [...containers, [templateName, image]];
  const published = found(/ -p (\d+):/g);
  const [inspect, ...free] = await freePorts(1 + published.length);
  const ports = published.map((port, index): Name => [port, String(free[index])]);

  return {
    here: (command: string) => {
      const named = names.reduce((text, [page, own]) => text.replace(word(page), own), command);
      return ports.reduce((text, [page, own]) => text.replace(hostPort(page), own), named);
    },
    back: (output: string) => {
      const named = names.reduce((text, [page, own]) => text.replaceAll(own, page), output);
      return ports.reduce((text, [page, own]) => text.replaceAll(`:${own}`, `:${page}`), named);
    },
    env: { IMAGE: '', PUBLISH_DEV_PORT: new Map(ports).get('5000'), PUBLISH_INSPECT_PORT: String(inspect) },
  };
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

const hostPort = (port: string) => RegExp(`(?<= -p |localhost:)${port}\\b`, 'g');

function lines(output: string): string[] {
  const text = output.trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => line.trimEnd());
}
