import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { look, modeFor } from '../src/place.js';
import { newFolder } from './command';

const folder = newFolder();
const outside = realpathSync(folder.dir);
const root = join(outside, 'project');
mkdirSync(join(root, 'deploy/inner'), { recursive: true });
mkdirSync(join(outside, 'project-2'));
writeFileSync(join(outside, 'project-2/file'), 'outside');
writeFileSync(join(root, 'deploy/file'), 'inside', { mode: 0o640 });
for (const [name, target] of [
  ['link', 'deploy/file'],
  ['folder', 'deploy'],
  ['out', '../project-2/file'],
  ['outfolder', '../project-2'],
  ['nothing', 'absent'],
]) {
  symlinkSync(target ?? '', join(root, name ?? ''));
}
afterAll(() => {
  folder.remove();
});

test('a file, and a link to one within the project', () => {
  const file = { data: Buffer.from('inside'), executable: false, mode: 0o100640 };
  for (const name of ['deploy/file', 'link', 'folder/file']) {
    expect(look(root, name)).toEqual({ name: 'deploy/file', file });
  }
});

test('no file', () => {
  expect(look(root, 'absent/file')).toEqual({ name: 'absent/file', file: undefined });
  expect(look(root, 'folder/absent')).toEqual({ name: 'deploy/absent', file: undefined });
});

test.each([
  ['out', 'out is a symbolic link that leads out of the project'],
  ['outfolder/file', 'outfolder is a symbolic link that leads out of the project'],
  ['nothing', 'nothing is a broken symbolic link'],
  ['deploy/inner', 'deploy/inner is not a file'],
  ['deploy/file/below', 'deploy/file is not a folder'],
])('%s: %s', (name, fault) => {
  expect(look(root, name)).toEqual({ fault });
});

test('everyone who may read a file may run it once it is executable', () => {
  expect(modeFor(0o640, true)).toBe(0o750);
  expect(modeFor(0o755, false)).toBe(0o644);
});
