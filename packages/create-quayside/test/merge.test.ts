import { mergeFile, mergeValues, type Content } from '../src/merge.js';

const labels = { base: 'template 1', theirs: 'template 2' };
const file = (text: string, executable = false): Content => ({ data: Buffer.from(text), executable });
const binary = (byte: number): Content => ({ data: Buffer.from([0, byte]), executable: false });

const merge = (base?: Content, ours?: Content, theirs?: Content) => {
  const { outcome, content } = mergeFile(base, ours, theirs, labels);
  return [outcome, content && { text: content.data.toString(), executable: content.executable }];
};

test.each([
  ['nothing has changed', 'a\n', 'a\n', 'a\n', 'same', undefined],
  ['the template has changed', 'a\n', 'a\n', 'b\n', 'updated', 'b\n'],
  ['the user has changed', 'a\n', 'b\n', 'a\n', 'same', undefined],
  ['both have made the same change', 'a\n', 'b\n', 'b\n', 'same', undefined],
  ['they have changed different lines', 'a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC\n', 'merged', 'A\nb\nC\n'],
  ['new in the template', undefined, undefined, 'b\n', 'added', 'b\n'],
  ['new in the template, and here by that name', undefined, 'a\n', 'b\n', 'conflict', undefined],
  ['new on both sides, and the same', undefined, 'b\n', 'b\n', 'same', undefined],
  ['no longer in the template', 'a\n', 'a\n', undefined, 'removed', undefined],
  ['no longer in the template, changed here', 'a\n', 'b\n', undefined, 'kept', undefined],
  ['no longer anywhere', 'a\n', undefined, undefined, 'same', undefined],
  ['deleted here', 'a\n', undefined, 'a\n', 'kept', undefined],
  ['deleted here, changed in the template', 'a\n', undefined, 'b\n', 'kept', undefined],
])('%s', (_what, base, ours, theirs, outcome, text) => {
  const of = (one: string | undefined) => (one === undefined ? undefined : file(one));
  expect(merge(of(base), of(ours), of(theirs))).toEqual([outcome, text && { text, executable: false }]);
});

test('the same lines changed: a conflict, with the original between the markers', () => {
  const text = '<<<<<<< yours\nA\n||||||| template 1\na\n=======\nb\n>>>>>>> template 2\n';
  expect(merge(file('a\n'), file('A\n'), file('b\n'))).toEqual(['conflict', { text, executable: false }]);
});

test.each([
  ['the template makes it executable', [false, false, true], 'merged', true],
  ['the user has made it executable', [false, true, false], 'same', undefined],
  ['the template takes it back', [true, true, false], 'merged', false],
])('%s', (_what, [base, ours, theirs], outcome, executable) => {
  const content = executable === undefined ? undefined : { text: 'mine\n', executable };
  expect(merge(file('a\n', base), file('mine\n', ours), file('a\n', theirs))).toEqual([outcome, content]);
});

test('binary files are replaced or kept as a whole', () => {
  expect(mergeFile(binary(1), binary(1), binary(2), labels)).toMatchObject({ outcome: 'updated', content: binary(2) });
  const both = mergeFile(binary(1), binary(3), binary(2), labels);
  expect(both).toMatchObject({ outcome: 'conflict', beside: binary(2).data });
  expect(both).not.toHaveProperty('content');
});

test("JSON by key: the template's changes are taken, the project's own stay", () => {
  const base = { scripts: { a: '1', b: '1', c: '1', d: '1' }, list: [1], node: '20' };
  const ours = { own: true, scripts: { a: 'mine', b: '1', d: 'mine', own: '1' }, list: [1], node: '20' };
  const theirs = { scripts: { a: '2', b: '2', c: '2', e: '2' }, list: [1, 2], node: '20' };
  const kept: string[] = [];
  expect(mergeValues(base, ours, theirs, (note) => kept.push(note))).toEqual({
    own: true,
    scripts: { a: 'mine', b: '2', d: 'mine', own: '1', e: '2' },
    list: [1, 2],
    node: '20',
  });
  expect(kept).toEqual([
    'scripts.a stays "mine"; the template has "2" instead of "1"',
    'scripts.d stays "mine"; the template has none instead of "1"',
    'scripts.c stays none; the template has "2" instead of "1"',
  ]);
});
