// The pictures of the documents: what nobody sees who looks at one of them in one browser.
import { dirname, join } from 'node:path';
import { svg, text, ticks } from '../../quayside/harness/svg';
import { read } from '../harness/template';
import { drawRecording, plain } from './terminal';

/** Those that hold both schemes in one file, and the pages that show them. */
const pictures = [
  { path: 'docs/pictures/start.svg', page: 'README.md' },
  { path: 'docs/pictures/reload.svg', page: 'docs/development.md' },
  { path: 'docs/pictures/deploy.svg', page: 'docs/deploying.md' },
  { path: 'packages/quayside/docs/benchmarks.svg', page: 'packages/quayside/docs/benchmarks.md' },
  { path: 'packages/quayside/docs/benchmarks-neighbour.svg', page: 'packages/quayside/docs/benchmarks-neighbour.md' },
];
const MAX_BYTES = 60 * 1024;

/** @returns what is wrong with a text as XML, in so far as these pictures use it; undefined where it is well-formed */
function fault(xml: string): string | undefined {
  const open: string[] = [];
  const tag = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|&(?:amp|lt|gt|quot);|[^<&]+/gy;
  while (tag.lastIndex < xml.length) {
    const { lastIndex } = tag;
    const found = tag.exec(xml);
    if (found === null) return `at ${xml.slice(lastIndex, lastIndex + 60)}`;
    const [whole, slash, name, attributes = '', isEmpty] = found;
    const names = [...attributes.matchAll(/ ([\w:-]+)=/g)].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) return `an attribute is there twice: ${whole}`;
    if (/&(?!(?:amp|lt|gt|quot);)/.test(attributes)) return `an & that is not one: ${whole}`;
    if (name === undefined || isEmpty === '/') continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return `${whole} closes nothing`;
  }
  return open.length === 0 ? undefined : `open: ${open.join()}`;
}

/** @returns the text of each <text>, without its tags */
const textsOf = (xml: string) =>
  [...xml.matchAll(/<text[^>]*>([^]*?)<\/text>/g)].map(([, content = '']) =>
    content
      .replace(/<[^>]*>/g, '')
      .replaceAll('&gt;', '>')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&'),
  );

describe.each(pictures)('$path', ({ path, page }) => {
  const picture = read(path);

  test('is well-formed, and small', () => {
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^]*<\/svg>\n$/);
    expect(fault(picture)).toBeUndefined();
    expect(Buffer.byteLength(picture)).toBeLessThan(MAX_BYTES);
    expect(picture).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('needs nothing from elsewhere, and runs nothing', () => {
    const own = picture.replace('xmlns="http://www.w3.org/2000/svg"', '');
    expect(own).not.toMatch(/<script|<foreignObject|<image|<use|href|url\(|@import|@font-face|\son\w+=/i);
  });

  test('is readable on a light page and on a dark one', () => {
    const rules = (css: string) =>
      new Map(Array.from(css.matchAll(/\.([a-z]+)\{color:([^}]+)\}/g), ([, a, b]) => [a, b]));
    const [light = '', dark = ''] = picture.split('@media (prefers-color-scheme:dark)');
    const [onLight, onDark] = [rules(light), rules(dark)];
    const classes = [...picture.matchAll(/class="([^"]+)"/g)].flatMap(([, names = '']) => names.split(' '));
    const used = classes.filter((name) => !['cover', 'cursor', 'mono'].includes(name));
    for (const name of new Set(used)) {
      expect({ name, colour: onLight.get(name) }).toMatchObject({ colour: expect.stringMatching(/^#/) as string });
      expect(onDark.get(name)).not.toBe(onLight.get(name));
    }
    expect(onDark.get('paper')).toMatch(/^#/);
    expect([...onDark.keys()]).toEqual([...onLight.keys()]);
  });

  test('its page shows it', () => {
    const link = /!\[[^\]]+\]\(([^)]+\.svg)\)/g;
    const shown = Array.from(read(page).matchAll(link), ([, target = '']) => join(dirname(page), target));
    expect(shown).toContain(path);
  });
});

test('the recording has the commands, the answers, and the log in between', () => {
  const texts = textsOf(read('docs/pictures/start.svg'));
  const order = [
    /^\$ npm run dev$/,
    /open http:\/\/localhost:5000$/,
    /serving after \d+ ms$/,
    /GET \/ 200 (?:\d+|<1) ms$/,
    /serving after \d+ ms: app\/identidock\.ts$/,
    /GET \/ 200 (?:\d+|<1) ms$/,
    /^\$ curl localhost:5000$/,
    /^Hello Docker!$/,
    /^\$ sed -i 's\/Hello Docker!\/Hello again!\/' app\/identidock\.ts$/,
    /^\$ curl localhost:5000$/,
    /^Hello again!$/,
  ];
  let from = 0;
  for (const pattern of order) {
    const index = texts.findIndex((content, at) => at >= from && pattern.test(content));
    expect({ pattern, isThere: index >= 0 }).toEqual({ pattern, isThere: true });
    from = index + 1;
  }
});

test('a recording is its last frame where nobody wants animations', () => {
  const drawn = drawRecording({
    title: 'one command',
    names: ['a', 'b'],
    lines: [
      { terminal: 0, at: 0, typed: [100, 200], text: '$ ls <&' },
      { terminal: 0, at: 250, text: '\x1b[36mREADME.md\x1b[39m' },
    ],
  });
  expect(fault(drawn)).toBeUndefined();
  const [still = '', moving = ''] = drawn.split('@media (prefers-reduced-motion:no-preference)');
  expect(still).not.toMatch(/animation|keyframes/);
  expect(moving).toMatch(/infinite/);
  expect(textsOf(drawn)).toEqual(['a', '$ ls <&', 'README.md', 'b']);
  expect(drawn).toContain('<tspan class="cyan">README.md</tspan>');
  expect(plain('\x1b[36mREADME.md\x1b[39m')).toBe('README.md');
});

test('an axis has round numbers', () => {
  expect(ticks(72_768, 8)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000]);
  expect(ticks(5.2, 8)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(ticks(63, 8)).toEqual([0, 10, 20, 30, 40, 50, 60]);
});

test('a fault in the XML is found', () => {
  const sound = svg({ width: 1, height: 1, title: 'a < b & c', body: [text(0, 0, '"<&>"')] });
  expect(fault(sound)).toBeUndefined();
  expect(fault(sound.replace('</text>', ''))).toBeDefined();
  expect(fault(sound.replace('&lt;', '<'))).toBeDefined();
  expect(fault(sound.replace('x="0"', 'x=0'))).toBeDefined();
  expect(fault(sound.replace('x="0"', 'x="0" x="0"'))).toBeDefined();
  expect(fault(sound.replace('&amp;', '&'))).toBeDefined();
});
