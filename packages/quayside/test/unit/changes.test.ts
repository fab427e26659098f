import { basename, dirname, relative } from 'node:path';
import { Changes, namesOf } from '../../src/development/changes';

test('takes the files that nodemon is concerned with, each time those since the last', () => {
  const changes = new Changes();
  const say = (file: string, count: number) => {
    changes.hear(`files triggering change check: ${file}`);
    if (count > 0) changes.hear('matched rule: /srv/app/**/*');
    changes.hear(`changes after filters (before/after): 1/${String(count)}`);
    if (count > 0) changes.hear('delaying restart for 20ms');
  };
  expect(changes.take()).toEqual([]);
  say('app/a.ts', 1);
  say('app/a.ts~', 0);
  say('app/b, c.ts', 1);
  expect(changes.take()).toEqual(['app/a.ts', 'app/b, c.ts']);
  expect(changes.take()).toEqual([]);
  say('app/d.ts', 1);
  expect(changes.take()).toEqual(['app/d.ts']);
});

describe('a line names', () => {
  const folder = relative('.', dirname(__filename));
  const there = `${folder}/${basename(__filename)}`;

  test.each([
    [[], ''],
    [[there], `: ${there}`],
    [[there, `${folder}/line.test.ts`], `: ${there} and 1 more`],
    [['gone.ts'], ': gone.ts'],
    [['gone.ts', 'too.ts', 'three.ts'], ': gone.ts and 2 more'],
    // As sed writes: another file, by the name of which this one is replaced.
    [['gone.ts', there], `: ${there}`],
  ])('%j as %j', (files, expected) => {
    expect(namesOf(new Set(files))).toBe(expected);
  });
});
