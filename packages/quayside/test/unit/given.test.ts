import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGiven } from '../../src/settings/given';

const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const path = join(dir, 'secret');
/** Writes the file, and reads a setting from it. */
const read = (content: string | Buffer, env: NodeJS.ProcessEnv = {}) => {
  writeFileSync(path, content);
  return readGiven(['KEY'], { KEY_FILE: path, ...env });
};
/** What is wrong with a setting whose file is at a path. */
const problemOf = (file: string) => readGiven(['KEY'], { KEY_FILE: file }).problems.get('KEY');

test.each([
  ['as it is', 's3cret', 's3cret'],
  ['without the newline at its end', 's3cret\n', 's3cret'],
  ['without the newline of Windows', 's3cret\r\n', 's3cret'],
  ['with all newlines but the last', '\na\nb\n\n', '\na\nb\n'],
  ['with its blanks', ' a \t', ' a \t'],
  ['without the mark that editors of Windows set', '\ufeffs3cret', 's3cret'],
  ['in UTF-8', 'schlüssel🔑', 'schlüssel🔑'],
  ['up to 64 KiB', 'x'.repeat(65_536), 'x'.repeat(65_536)],
])('a value is read from a file %s', (_, content, value) => {
  const { values, fromFile, problems } = read(content);
  expect(values.KEY).toBe(value);
  expect([...fromFile]).toEqual(['KEY']);
  expect(problems.size).toBe(0);
});

test('an empty KEY is unset, and so is an empty KEY_FILE', () => {
  expect(read('s3cret', { KEY: '' }).values.KEY).toBe('s3cret');
  expect(readGiven(['KEY'], { KEY: 'given', KEY_FILE: '' })).toEqual({
    values: { KEY: 'given' },
    fromFile: new Set(),
    problems: new Map(),
  });
});

test('both given is an error, without either value', () => {
  const { values, problems } = read('s3cret', { KEY: 'g1ven' });
  expect([...problems]).toEqual([['KEY', 'KEY and KEY_FILE are both set: expected one of the two']]);
  expect(values.KEY).toBeUndefined();
});

test('a file is read where its setting is asked for alone', () => {
  expect(readGiven(['OTHER'], { KEY_FILE: join(dir, 'none') })).toMatchObject({ problems: new Map() });
});

const expected = 'KEY_FILE: expected the path of a file that holds KEY, but ';

test.each([
  ['empty', '', 'it is empty'],
  ['a newline', '\n', 'it is empty'],
  ['no text', Buffer.from([0x73, 0xff, 0xfe]), 'it is not text in UTF-8'],
  ['larger than 64 KiB', 'x'.repeat(65_537), 'it is larger than 64 KiB'],
])('a file that is %s is refused', (_, content, reason) => {
  const { values, problems } = read(content);
  expect([...problems]).toEqual([['KEY', `${expected}${reason}`]]);
  expect(values.KEY).toBeUndefined();
});

test('what is no file is refused, and not waited for', async () => {
  const folder = join(dir, 'folder');
  mkdirSync(folder);
  expect(problemOf(folder)).toBe(`${expected}it is a directory; Docker creates one if the file to mount is missing`);
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  expect(problemOf(fifo)).toBe(`${expected}it is a device, a pipe or a socket`);
  expect(problemOf('/dev/zero')).toBe(`${expected}it is a device, a pipe or a socket`);
  const socket = createServer().listen(join(dir, 'socket'));
  await new Promise((resolve) => socket.once('listening', resolve));
  expect(problemOf(join(dir, 'socket'))).toBe(`${expected}it cannot be read: ENXIO`);
  socket.close();
});

test('a file that is not there is refused without its path: that may be the secret itself', () => {
  expect(problemOf('s3cret')).toBe(`${expected}there is no file at that path`);
  expect(problemOf(join(dir, 'none/s3cret'))).toBe(`${expected}there is no file at that path`);
  expect(problemOf(join(path, 's3cret'))).toBe(`${expected}it cannot be read: ENOTDIR`);
  expect(problemOf('s'.repeat(5000))).toBe(`${expected}it cannot be read: ENAMETOOLONG`);
});

test('a file of /proc is read, though it says that it has no bytes', () => {
  expect(readGiven(['KEY'], { KEY_FILE: '/proc/self/comm' }).values.KEY).toMatch(/^\S+$/);
});

test('a file that may not be read is refused, with the user', () => {
  writeFileSync(path, 's3cret');
  chmodSync(path, 0);
  const user = process.geteuid?.() ?? NaN;
  // Root may read any.
  if (user === 0) process.seteuid?.(65_534);
  const problem = problemOf(path);
  process.seteuid?.(user);
  const whom = `user ${String(user === 0 ? 65_534 : user)}`;
  expect(problem).toBe(`${expected}it cannot be read by ${whom}, which the server runs as: EACCES`);
});
