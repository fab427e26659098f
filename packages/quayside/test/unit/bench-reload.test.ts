import ts from 'typescript';
import { posix } from 'node:path';
import { generate, readTemplate } from '../../bench/reload/large/generate';
import { readOptions } from '../../bench/reload/options';
import { parseStat, roleOf } from '../../bench/reload/processes';
import { services } from '../../bench/reload/services';
import { memoryTable, paceTable, startTable } from '../../bench/reload/tables';

describe('options', () => {
  test('without any, all is measured, at the paces of each service', () => {
    expect(readOptions([])).toEqual({
      saves: 30,
      paces: undefined,
      places: ['host', 'container'],
      sizes: ['small', 'large'],
      parts: ['steps', 'pace', 'memory', 'start'],
    });
  });

  test.each([
    [['--host'], { places: ['host'] }],
    [['--host', '--container'], { places: ['host', 'container'] }],
    [['--large', '--saves', '7'], { sizes: ['large'], saves: 7 }],
    [['--paces', '0.2,1'], { paces: [0.2, 1] }],
    [['--only', 'start,pace'], { parts: ['pace', 'start'] }],
  ])('%j', (args, expected) => {
    expect(readOptions(args)).toMatchObject(expected);
  });

  test.each([
    [['--saves', '0'], '--saves=0: expected a whole number from 1 to 999'],
    [['--paces', '1,x'], '--paces=1,x: expected seconds from 0 to 99.999, such as 0.2,1'],
    [['--only', 'pace,x'], '--only=x: expected some of steps,pace,memory,start'],
    [['--nosuch'], "Unknown option '--nosuch'"],
  ])('%j is an error', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

describe('the larger service', () => {
  const modules = generate(readTemplate());
  const entries = Object.entries(modules);

  test('has 150 modules of 20 to 60 lines', () => {
    expect(entries).toHaveLength(150);
    const lines = entries.map(([, source]) => source.trimEnd().split('\n').length);
    expect(Math.min(...lines)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...lines)).toBeLessThanOrEqual(60);
  });

  test('compiles', () => {
    const wrong = entries.filter(([fileName, source]) => {
      const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true, fileName });
      return diagnostics.length > 0;
    });
    expect(wrong).toEqual([]);
  });

  test('imports what there is', () => {
    const missing = entries.flatMap(([path, source]) => {
      const names = ts.preProcessFile(source).importedFiles.map(({ fileName }) => fileName);
      const paths = names.filter((name) => name.startsWith('.')).map((name) => `${posix.join(path, '..', name)}.ts`);
      return paths.filter((imported) => !(imported in modules));
    });
    expect(missing).toEqual([]);
  });

  test('loads zod, jsonwebtoken, pg, ejs and multer', () => {
    const imported = entries.flatMap(([, source]) => ts.preProcessFile(source).importedFiles);
    const names = new Set(imported.map(({ fileName }) => fileName));
    for (const name of ['zod', 'jsonwebtoken', 'pg', 'ejs', 'multer']) expect(names).toContain(name);
  });

  test('edits change one module and the answer, the leaf and the root in turn', () => {
    const { files, edit } = services.large();
    const edits = [1, 2, 3].map(edit);
    expect(edits.map(({ path }) => path)).toEqual(['shared/notice.ts', 'identidock.ts', 'shared/notice.ts']);
    expect(edits.map(({ answer }) => answer)).toEqual([
      'Hello Docker!\nHello 1!\n',
      'Hello 2!\nHello 1!\n',
      'Hello 2!\nHello 3!\n',
    ]);
    for (const { path, content } of edits) expect(content).not.toBe(files[path]);
  });
});

describe('processes', () => {
  test('the name of a process may have blanks and parentheses', () => {
    const fields = ['S', 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 30, 0].join(' ');
    expect(parseStat(9, `9 (node (a) b) ${fields}`)).toEqual({ pid: 9, parent: 7, cpu: expect.any(Number) as number });
    expect(parseStat(9, undefined)).toBeUndefined();
  });

  test.each([
    [['/usr/bin/node', '/srv/node_modules/.bin/quayside', 'dev', 'app/identidock.ts'], 'quayside'],
    [['node', '--inspect-publish-uid=http', '-r', '/x/transpile-only.js', '/x/worker.js', 'app.ts'], 'worker.js'],
    [['node', '--require', '/x/preflight.cjs', '--import', 'file:///x/loader.mjs', 'app/plain.ts'], 'plain.ts'],
    [['/x/esbuild', '--service=0.28.2', '--ping'], 'esbuild'],
    [['sh', '-c', 'sleep 1'], 'sh'],
    [['node'], 'node'],
  ])('the role of %j is %s', (argv, role) => {
    expect(roleOf(`${argv.join('\0')}\0`)).toBe(role);
  });
});

describe('tables', () => {
  const saves = (...times: number[]) => times.map((ms) => ({ ms, refused: 1 }));

  test('of paces: each beside tsx watch at the same pace', () => {
    const text = paceTable([
      { name: 'quayside', pace: 0.2, saves: saves(30, 10, 20) },
      { name: 'tsx watch', pace: 0.2, saves: saves(40) },
      { name: 'quayside', pace: 1, saves: saves(50) },
    ]);
    expect(text).toBe(
      `
loop       pause s  median ms  p95  most  of tsx watch  refused
quayside       0.2         20   30    30          0.50        3
tsx watch      0.2         40   40    40          1.00        1
quayside         1         50   50    50           NaN        1`.trimStart(),
    );
  });

  test('of memory: a loop, and its processes below it', () => {
    const processes = [{ role: 'worker.js', pss: 60.4 }];
    const text = memoryTable([
      { name: 'quayside', totals: [50, 70, 60], processes },
      { name: 'tsx watch', totals: [120], processes: [] },
    ]);
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['loop and its processes', 'median MB', 'least', 'most', 'of tsx watch'],
      ['quayside', '60', '50', '70', '0.50'],
      ['', 'worker.js', '60'],
      ['tsx watch', '120', '120', '120', '1.00'],
    ]);
  });

  test('of starts', () => {
    const text = startTable([{ command: 'npm run dev', times: [500, 400] }]);
    expect(text.split('\n').at(-1)?.split(/ {2,}/)).toEqual(['npm run dev', '450', '400', '500']);
  });
});
