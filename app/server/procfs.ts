// What Linux knows of processes and sockets, of which Node says nothing. Elsewhere it is 0.
import { closeSync, openSync, readSync } from 'node:fs';

/** Listening sockets come first in the kernel's table, so that what may be thousands of connections is not read. */
const TABLE_BYTES = 64 * 1024;
/** TCP_LISTEN of the kernel's include/net/tcp_states.h. */
const LISTEN = '0A';
/** The backlog that Node asks for, unless it is told otherwise. */
const NODE_BACKLOG = 511;

/**
 * Reads the size of a process. https://docs.kernel.org/filesystems/proc.html
 * @returns resident and virtual size in bytes, 0 where they cannot be known
 */
export function sizeOf(pid: number, root = '/'): { rss: number; vsz: number } {
  const status = beginningOf(`${root}proc/${String(pid)}/status`);
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { rss: bytes('VmRSS'), vsz: bytes('VmSize') };
}

/**
 * Reads how many connections to a port have not been accepted yet, and how many may wait so.
 * https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function queueOf(port: number, root = '/'): { queue: number; maxQueue: number } {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let queue = 0;
  for (const table of ['tcp', 'tcp6']) {
    for (const line of beginningOf(`${root}proc/net/${table}`).split('\n')) {
      const [, local = '', , state, queues = ''] = line.trim().split(/\s+/);
      if (state === LISTEN && local.endsWith(suffix)) queue += Number.parseInt(queues.split(':')[1] ?? '0', 16);
    }
  }
  const most = Number.parseInt(beginningOf(`${root}proc/sys/net/core/somaxconn`), 10);
  return { queue, maxQueue: most > 0 ? Math.min(most, NODE_BACKLOG) : 0 };
}

function beginningOf(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(TABLE_BYTES);
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
