import { readdirSync, readFileSync } from 'node:fs';
import { workersFor } from '../../quayside/src/settings/capacity';
import { loadConfig, settings } from '../../quayside/src/settings/config';

const read = (path: string) => readFileSync(path, 'utf8');
const readme = read('README.md');

/** The rows of the README's table whose head starts with the given columns, as cells without their backquotes. */
function table(...columns: string[]): string[][] {
  const lines = readme.split('\n');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
  const head = lines.findIndex((line) => columns.every((column, index) => cells(line)[index] === column));
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end).map(cells);
}

const settingRows = table('Variable', 'Production', 'Development');
const composeRows = table('Variable', 'Default');
/** The doctor runs in the base image itself: only there do the Compose files name it. */
const doctorsImage = /^ARG BASE=(.*)$/m.exec(read('Dockerfile'))?.[1]?.replaceAll('"', '') ?? 'none';
const envExample = [...read('.env.example').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);

test('the README lists exactly the settings that there are', () => {
  expect(settingRows.map(([name]) => name)).toEqual(Object.keys(settings(false)));
});

test.each(settingRows)('the README knows the default of %s', (name = '', production = '', development = '') => {
  const value = production === 'one per available CPU' ? String(workersFor()) : production;
  expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
  if (development !== '') expect(loadConfig({ ENV: 'DEV', [name]: development })).toEqual(loadConfig({ ENV: 'DEV' }));
});

test('.env.example has the variables and defaults of the README: those of Compose, and the settings that it passes on', () => {
  const ofCompose = composeRows.map(([name, value]) => [name, value]);
  const passedOn = envExample.filter(([name]) => settingRows.some(([setting]) => setting === name));
  expect([...ofCompose, ...passedOn].sort()).toEqual([...envExample].sort());
  // An empty value leaves the default to the server, as where the two modes' differ.
  for (const [name = '', value] of passedOn) {
    expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
    expect(loadConfig({ ENV: 'DEV', [name]: value })).toEqual(loadConfig({ ENV: 'DEV' }));
  }
});

test('the Compose files take exactly these, with the same defaults', () => {
  const files = read('docker-compose.yml') + read('docker-compose.prod.yml');
  const used = [...files.replaceAll(doctorsImage, '').matchAll(/\$\{(\w+):-([^}]*)\}/g)];
  expect([...new Map(used.map(([, name, value]) => [name, value]))].sort()).toEqual([...envExample].sort());
});

test('Compose passes on every setting but those that are fixed inside a container', () => {
  const fixed = ['ENV', 'HOST', 'PORT', 'STATS_HOST', 'STATS_PORT', 'INSPECT_HOST', 'INSPECT_PORT'];
  const files = read('docker-compose.yml') + read('docker-compose.prod.yml');
  const passed = [...files.matchAll(/^ {6}(\w+): \$\{\1:-/gm)].map(([, name]) => name);
  expect([...fixed, ...passed]).toEqual(expect.arrayContaining(Object.keys(settings(false))));
});

test("the doctor's image is the Dockerfile's base image", () => {
  expect(read('docker-compose.yml')).toContain(doctorsImage);
  expect(doctorsImage).toMatch(/^\$\{NODE_IMAGE:-.+\}$/);
});

test("the README's tree names each file of the servers and the stats", () => {
  const named = [...readme.matchAll(/^(app\/(?:development|server|stats)\/\S+)/gm)].map(([, path]) => path);
  const files = ['app/development', 'app/server', 'app/stats'].flatMap((dir) =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes('.'))
      .map((name) => `${dir}/${name}`),
  );
  expect(named.sort()).toEqual(files.sort());
});
