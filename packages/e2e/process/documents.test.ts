// The documents say what is so: the settings, the variables of Compose, and their defaults.
import { workersFor } from '../../quayside/src/settings/capacity';
import { loadConfig, settings } from '../../quayside/src/settings/config';
import { read } from '../harness/template';

/** The rows of a document's table whose head starts with the given columns, as cells without their backquotes. */
function table(document: string, ...columns: string[]): string[][] {
  const lines = read(document).split('\n');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
  const head = lines.findIndex((line) => columns.every((column, index) => cells(line)[index] === column));
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end).map(cells);
}

const settingRows = table('packages/quayside/README.md', 'Variable', 'Production', 'Development');
const composeRows = table('docs/settings.md', 'Variable', 'Default');
/** The doctor runs in the base image itself: only there do the Compose files name it. */
const doctorsImage = /^ARG BASE=(.*)$/m.exec(read('Dockerfile'))?.[1]?.replaceAll('"', '') ?? 'none';
const envExample = [...read('.env.example').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
  name,
  value,
]);
const composeFiles = [
  'docker-compose.yml',
  'docker-compose.dev.yml',
  'docker-compose.prod.yml',
  'docker-compose.proxy.yml',
  'deploy/image.yml',
]
  .map(read)
  .join('');
/** What a container gets and is no setting of the server: the proxy's, and what other programs know, too. */
const conventions = ['DOMAIN', 'FORCE_COLOR', 'NO_COLOR'];
/** The settings that a container gets from .env or the shell: in an environment, a name alone or with that name's value. */
const named = [...composeFiles.matchAll(/^ {6}([A-Z_]+):(?: \$\{\1\b.*)?$/gm)].map(([, name = '']) => name);
const passedOn = [...new Set(named)].filter((name) => !conventions.includes(name));

test("quayside's README lists exactly the settings that there are", () => {
  expect(settingRows.map(([name]) => name)).toEqual(Object.keys(settings(false)));
});

test.each(settingRows)('it knows the default of %s', (name = '', production = '', development = '') => {
  const value = production === 'one per available CPU' ? String(workersFor()) : production;
  expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
  if (development !== '')
    expect(loadConfig({ [name]: development }, 'development')).toEqual(loadConfig({}, 'development'));
});

test('.env.example has the variables and defaults of the documents: those of Compose, and the settings that it passes on', () => {
  const ofSettings = envExample.filter(([name = '']) => passedOn.includes(name));
  const ofCompose = composeRows.map(([name, value]) => [name, value]);
  expect([...ofCompose, ...ofSettings].sort()).toEqual([...envExample].sort());
  // An empty value leaves the default to the server, as where the two modes' differ.
  for (const [name = '', value] of ofSettings) {
    expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
    expect(loadConfig({ [name]: value }, 'development')).toEqual(loadConfig({}, 'development'));
  }
});

test('the Compose files take exactly these, with the same defaults', () => {
  const withDefault = composeFiles.replaceAll(doctorsImage, '').matchAll(/\$\{(\w+):?-((?:\$\{[^}]*\}|[^}])*)\}/g);
  const used = new Map(Array.from(withDefault, ([, name = '', value = '']) => [name, value]));
  // A name alone.
  expect(composeFiles).toMatch(/^ {6}NO_COLOR:$/m);
  used.set('NO_COLOR', '');
  // Compose's default alone: without it, a terminal decides.
  expect(used.get('FORCE_COLOR')).toBe('1');
  used.set('FORCE_COLOR', '');
  // The default is the name of what is built where it is unset.
  expect(used.get('IMAGE')).toBe('identidock');
  used.set('IMAGE', '');
  const ofCompose = envExample.filter(([name = '']) => !passedOn.includes(name));
  expect([...used].filter(([name]) => !passedOn.includes(name)).sort()).toEqual([...ofCompose].sort());
  expect(envExample.map(([name]) => name)).toEqual(expect.arrayContaining(passedOn));
});

test('Compose passes on every setting but those that are fixed inside a container', () => {
  const fixed = ['HOST', 'PORT', 'STATS_HOST', 'STATS_PORT', 'INSPECT_HOST', 'INSPECT_PORT'];
  expect([...fixed, ...passedOn].sort()).toEqual(Object.keys(settings(false)).sort());
});

test("the doctor's image is the Dockerfile's base image", () => {
  expect(read('docker-compose.yml')).toContain(doctorsImage);
  expect(doctorsImage).toMatch(/^\$\{NODE_IMAGE:-.+\}$/);
});

describe('the README in Chinese', () => {
  const [english, chinese] = ['README.md', 'README.zh-CN.md'].map(read) as [string, string];
  /** The lines of the blocks of code, without comments; they are in the reader's language. */
  const code = (text: string) =>
    [...text.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, block = '']) => block.replace(/ +# .*$/gm, ''));
  const commands = (text: string) =>
    [...text.matchAll(/`((?:npm|npx|docker) [^`]+)`/g)].map(([, command]) => command).sort();
  const links = (text: string) => [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link);

  test('has the same parts, code, commands and links', () => {
    const heads = (text: string) => text.match(/^#+ /gm);
    expect(heads(chinese)).toEqual(heads(english));
    expect(code(chinese)).toEqual(code(english));
    expect(commands(chinese)).toEqual(commands(english));
    const inEnglish = links(chinese).map((link) => link?.replace('.zh-CN.md', '.md'));
    expect(inEnglish.slice(1)).toEqual(links(english).slice(1));
  });

  test('names only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...chinese.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });

  test('both link to files that there are', () => {
    for (const link of [...links(english), ...links(chinese)]) {
      if (link !== undefined && !link.startsWith('http')) expect(() => read(link.replace(/#.*/, ''))).not.toThrow();
    }
  });
});
