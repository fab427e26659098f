import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const src = join(__dirname, '../../src');

/** What each room, a folder of src, may import of the others: rooms, or single files of them. */
const rooms: Record<string, string[]> = {
  settings: [],
  process: ['settings'],
  stats: ['settings', 'process'],
  http: ['settings', 'process'],
  worker: ['settings', 'process', 'stats', 'http'],
  primary: ['settings', 'process', 'stats', 'worker/messages'],
  development: ['settings', 'process', 'http', 'stats/service-metrics'],
  testing: ['settings', 'process', 'http', 'stats/service-metrics'],
  cli: ['settings', 'process', 'stats', 'http', 'worker', 'primary', 'development'],
};

/** The files of src, as they are imported: relative to it, without their extension. */
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.split(sep).join('/').replace(/\.ts$/, ''));

/** What a file imports of src: by import and export ... from, import() and require(). */
function importsOf(file: string): string[] {
  const text = readFileSync(join(src, `${file}.ts`), 'utf8');
  const specifiers = text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*'(\.[^']*)'/g);
  return [...specifiers].map(([, specifier = '']) => {
    const path = resolve(src, dirname(file), specifier.replace(/\.js$/, ''));
    return relative(src, path).split(sep).join('/');
  });
}

const roomOf = (file: string) => file.split('/')[0] ?? '';

test('src has these rooms, and index, which only passes on what a service may import', () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual([...Object.keys(rooms), 'index'].sort());
  expect([...new Set(importsOf('index'))].sort()).toEqual(['http/service', 'process/log', 'settings/own']);
});

test('each import is of a file of src', () => {
  const imported = files.flatMap(importsOf);
  expect(imported.length).toBeGreaterThan(files.length);
  expect(imported.filter((file) => !files.includes(file))).toEqual([]);
});

test.each(Object.entries(rooms))('%s imports only %j', (room, allowed) => {
  const isAllowed = (file: string) => [room, ...allowed].some((of) => of === file || of === roomOf(file));
  const outside = files
    .filter((file) => roomOf(file) === room)
    .flatMap((file) => importsOf(file).map((imported) => [file, imported] as const))
    .filter(([, imported]) => !isAllowed(imported));
  expect(outside).toEqual([]);
});
