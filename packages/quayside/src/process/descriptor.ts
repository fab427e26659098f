// Looks at file descriptors.
import { fstatSync, type BigIntStats } from 'node:fs';

/**
 * Stats an open descriptor, with bigint. After an fstat() of a pipe or a socket without it, fs.realpathSync() does not
 * resolve symbolic links in the next imported path. https://github.com/nodejs/node/issues/51142
 * @throws what fs.fstatSync() throws
 */
export function statOf(fd: number): BigIntStats {
  return fstatSync(fd, { bigint: true });
}
