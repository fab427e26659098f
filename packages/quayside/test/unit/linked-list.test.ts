import { LinkedList } from '../../src/http/linked-list';

test('items come in the order in which they were added', () => {
  const list = new LinkedList<string>();
  expect([...list]).toEqual([]);
  for (const item of ['a', 'b', 'c']) list.add(item);
  expect([...list]).toEqual(['a', 'b', 'c']);
});

test.each([
  { removed: ['a'], left: ['b', 'c'] },
  { removed: ['b'], left: ['a', 'c'] },
  { removed: ['c'], left: ['a', 'b'] },
  { removed: ['b', 'a'], left: ['c'] },
  { removed: ['a', 'c', 'b'], left: [] },
] as const)('of a, b and c, $removed are removed', ({ removed, left }) => {
  const list = new LinkedList<string>();
  const links = { a: list.add('a'), b: list.add('b'), c: list.add('c') };
  for (const item of removed) expect(list.remove(links[item])).toBe(true);
  expect([...list]).toEqual(left);
  list.add('d');
  expect([...list]).toEqual([...left, 'd']);
});

test('a link is removed once', () => {
  const list = new LinkedList<string>();
  const link = list.add('a');
  list.add('b');
  expect([list.remove(link), list.remove(link)]).toEqual([true, false]);
  expect([...list]).toEqual(['b']);
});

test('a removed link refers to none of the others, nor do they refer to it', () => {
  const list = new LinkedList<string>();
  const [before, link, after] = [list.add('a'), list.add('b'), list.add('c')];
  list.remove(link);
  expect([link.previous, link.next]).toEqual([link, link]);
  expect(before.next).toBe(after);
  expect(after.previous).toBe(before);
});

test('what is removed or added meanwhile does not disturb those who go through it', () => {
  const list = new LinkedList<string>();
  const links = ['a', 'b', 'c'].map((item) => list.add(item));
  const seen: string[] = [];
  for (const item of list) {
    seen.push(item);
    for (const link of links) list.remove(link);
    list.add('d');
  }
  expect(seen).toEqual(['a', 'b', 'c']);
});
