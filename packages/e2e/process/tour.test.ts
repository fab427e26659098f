// The tour's pages: both languages are the same, what they list is in the files, and a difference to a run is found.
import { dirname, join } from 'node:path';
import { nameIn } from '../../create-quayside/src/template.js';
import { root } from '../../quayside/harness/paths';
import { differences, fill, stepsOf, withOutput } from '../docs/page';
import { read, templateName } from '../harness/template';

const paths = ['docs/tour.md', 'docs/tour.zh-CN.md'];
const [english, chinese] = paths.map(read) as [string, string];
const steps = stepsOf(english);
const outputOf = (start: string) => steps.find(({ command }) => command.startsWith(start))?.output.join('\n');

describe('the pages', () => {
  const blocks = (text: string) => text.match(/^```[^]*?^```$/gm);
  const prose = (text: string) => text.replace(/^```[^]*?^```$/gm, '');
  const heads = (text: string) => [...prose(text).matchAll(/^(#+) (.*)$/gm)];
  const links = (text: string) => [...prose(text).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
  /** The anchor of a head, as GitHub makes it. */
  const anchor = (head: string) =>
    head
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');

  test('have the same code', () => {
    expect(steps.length).toBeGreaterThan(20);
    expect(blocks(chinese)).toEqual(blocks(english));
  });

  test('have the same parts and links', () => {
    const numbers = (text: string) => heads(text).map(([, level, head = '']) => [level, parseInt(head, 10)]);
    expect(numbers(chinese)).toEqual(numbers(english));
    // To the other language, and within a page.
    const common = (text: string) =>
      links(text)
        .slice(1)
        .map((link) => link.replace(/^#.*/, '#'));
    expect(common(chinese)).toEqual(common(english));
  });

  test.each(paths)('%s links to files and heads that there are', (path) => {
    for (const link of links(read(path))) {
      const [file = '', part] = link.split('#');
      const text = read(file === '' ? path : join(dirname(path), file));
      if (part !== undefined) expect(heads(text).map(([, , head = '']) => anchor(head))).toContain(part);
    }
  });

  test('list cmd.sh as it is', () => {
    expect(read('cmd.sh')).toContain(`\n${outputOf('sed -n') ?? ''}\n`);
  });

  const name = nameIn(root);
  // A project that has been renamed has a service of its own.
  const testOfTemplate = name === templateName ? test : test.skip;
  testOfTemplate('list the service as it is', () => {
    expect(`${outputOf('cat') ?? ''}\n`).toBe(read(`app/${name}.ts`));
  });
});

describe('what was printed', () => {
  const id = (digit: string) => digit.repeat(12);

  test.each([
    { page: ['Hello Docker!'], printed: ['Hello Docker!'] },
    { page: [], printed: [] },
    { page: [id('a')], printed: [id('b')] },
    { page: ['0.0.0.0:32768'], printed: ['0.0.0.0:49153'] },
    { page: [`x  ${id('a')}   7 seconds ago   412MB`], printed: [`x     ${id('b')}   About a minute ago   1.2GB`] },
    { page: ['"version": "v26.10.0",'], printed: ['"version": "v20.19.0",'] },
  ])('$page is like $printed, and is written', ({ page, printed }) => {
    expect(fill(page, printed)).toEqual(printed);
  });

  test.each([
    { page: ['Hello Docker!'], printed: ['Hello again!'] },
    { page: ['Hello Docker!'], printed: [] },
    { page: [], printed: ['Hello Docker!'] },
    { page: ['1000'], printed: ['0'] },
    { page: ['a.c'], printed: ['abc'] },
    { page: [id('a')], printed: ['no such image'] },
    { page: ['...', 'last'], printed: ['first', 'last', 'more'] },
  ])('$page is not like $printed', ({ page, printed }) => {
    expect(fill(page, printed)).toBeUndefined();
  });

  test('what the page leaves out stays out, and the lines around it are of this run', () => {
    const page = ['at 10:00:00', '...', '{"id":1, ...}', '...'];
    const printed = ['at 11:11:11', 'more', 'and more', '{"id":1,"pid":7}'];
    expect(fill(page, printed)).toEqual(['at 11:11:11', '...', '{"id":1, ...}', '...']);
  });
});

describe('a page', () => {
  const page = `text
\`\`\`console
$ date
10:00:00
$ echo a \\
    b
a
$ build
...
\`\`\`
\`\`\`sh
$ ls
\`\`\`
`;
  const found = stepsOf(page);
  const printed = [['11:11:11'], ['a b', 'c'], ['built']];

  test('has its commands in blocks of console, over several lines, too', () => {
    expect(found.map(({ command, output }) => [command, output])).toEqual([
      ['date', ['10:00:00']],
      ['echo a \\\n    b', ['a']],
      ['build', ['...']],
    ]);
  });

  test('takes what was printed', () => {
    const expected = page.replace('10:00:00', '11:11:11').replace('\na\n', '\na b\nc\n');
    expect(withOutput(page, printed)).toBe(expected);
  });

  test('differs in the command that printed something else, and says what', () => {
    expect(differences(found, printed)).toEqual([
      '$ echo a \\\n    b\n  the page has:\n    a\n  printed:\n    a b\n    c',
    ]);
  });
});
