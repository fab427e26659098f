// Raw values from the environment: each in the variable NAME, or in the file that NAME_FILE names.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The largest file that is read, in bytes. */
const MAX_BYTES = 64 * 1024;

/** What is wrong with a file. The message must not repeat the path: the secret itself may have been given as the path. */
class FileError extends Error {}

/** Raw values, and the problems with them. */
export interface Given {
  /** The environment without empty variables, plus the files' contents. Settings with a problem are left out. */
  values: Record<string, string>;
  /** The settings whose value comes from a file. */
  fromFile: Set<string>;
  /** For each setting that cannot be read, a line that says why, without its value. */
  problems: Map<string, string>;
}

/** @returns the variable that names the file of a setting */
export const fileVariable = (name: string): string => `${name}_FILE`;

/**
 * Reads settings, each from the variable of its name or from the file that NAME_FILE names.
 * @param env - such as process.env; an empty value counts as unset, because Compose passes unset variables that way
 */
export function readGiven(names: string[], env: NodeJS.ProcessEnv): Given {
  const values = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  const given: Given = { values, fromFile: new Set(), problems: new Map() };
  for (const name of names) readOne(name, given);
  return given;
}

function readOne(name: string, { values, fromFile, problems }: Given): void {
  const variable = fileVariable(name);
  const path = values[variable];
  if (path === undefined) return;
  if (values[name] !== undefined) {
    problems.set(name, `${name} and ${variable} are both set: expected one of the two`);
    Reflect.deleteProperty(values, name);
    return;
  }
  try {
    values[name] = readValue(path);
    fromFile.add(name);
  } catch (error) {
    problems.set(name, `${variable}: expected the path of a file that holds ${name}, but ${reasonOf(error)}`);
  }
}

/**
 * @returns a file's content, without its trailing newline
 * @throws FileError, or what opening and reading the file throws
 */
function readValue(path: string): string {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory())
      throw new FileError('it is a directory; Docker creates one if the file to mount is missing');
    if (!stat.isFile()) throw new FileError('it is a device, a pipe or a socket');
    const value = textOf(readBytes(fd)).replace(/\r?\n$/, '');
    if (value === '') throw new FileError('it is empty');
    return value;
  } finally {
    closeSync(fd);
  }
}

/** Reads to the end or the limit: the reported size may be wrong, such as in /proc. */
function readBytes(fd: number): Buffer {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read)
    read = readSync(fd, bytes, { offset: length });
  if (length > MAX_BYTES) throw new FileError(`it is larger than ${String(MAX_BYTES / 1024)} KiB`);
  return bytes.subarray(0, length);
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FileError('it is not text in UTF-8');
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FileError) return error.message;
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no file at that path';
  const user = process.geteuid?.();
  const whom = user === undefined ? '' : ` by user ${String(user)}, which the server runs as`;
  if (code === 'EACCES') return `it cannot be read${whom}: EACCES`;
  return `it cannot be read: ${code}`;
}
