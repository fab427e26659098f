// What a descriptor is.
import { fstatSync, type BigIntStats } from 'node:fs';

/**
 * Looks at an open descriptor. As bigint: after another fstat() of a pipe or a socket, fs.realpathSync() leaves the symbolic
 * links in the next path that is imported. https://github.com/nodejs/node/issues/51142
 * @throws what fs.fstatSync() does
 */
export function statOf(fd: number): BigIntStats {
  return fstatSync(fd, { bigint: true });
}
