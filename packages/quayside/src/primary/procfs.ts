// Sizes of processes and queues of sockets, which Node does not expose, from Linux's /proc. Elsewhere they are 0.
import { closeSync, openSync, readSync } from 'node:fs';
import { isIPv6 } from 'node:net';

/** How much of a file is read at a time: the kernel generates only as much of a table as is read. */
const CHUNK_BYTES = 256;
/** Larger than any file that must be read to its end. */
const MAX_BYTES = 64 * 1024;
/** TCP_LISTEN of the kernel's include/net/tcp_states.h. */
const LISTEN = '0A';
/** Node's default backlog. */
const NODE_BACKLOG = 511;

/**
 * Reads the size of a process. https://docs.kernel.org/filesystems/proc.html
 * @returns resident and virtual size in bytes; 0 if unknown
 */
export function sizeOf(pid: number, root = '/'): { rss: number; vsz: number } {
  const status = read(`${root}proc/${String(pid)}/status`);
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { rss: bytes('VmRSS'), vsz: bytes('VmSize') };
}

/**
 * Reads how many connections to an address wait to be accepted, and how many may.
 * https://docs.kernel.org/networking/proc_net_tcp.html
 * @param host - the IP address of the listening socket
 */
export function queueOf(host: string, port: number, root = '/'): { queue: number; maxQueue: number } {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const fieldsOf = (line: string) => line.trim().split(/\s+/);
  const isOurs = (line: string) => fieldsOf(line)[1]?.endsWith(suffix) === true;
  // Listening sockets come first. Going through the connections after them takes the kernel milliseconds.
  const isLast = (line: string) => fieldsOf(line)[3] !== LISTEN || isOurs(line);
  const table = read(`${root}proc/net/${isIPv6(host) ? 'tcp6' : 'tcp'}`, (text) =>
    text.split('\n').slice(1, -1).some(isLast),
  );
  const line = table.split('\n').slice(1).find(isOurs) ?? '';
  const [, , , state, queues = ''] = fieldsOf(line);
  const queue = state === LISTEN ? Number.parseInt(queues.split(':')[1] ?? '', 16) : 0;
  const most = Number.parseInt(read(`${root}proc/sys/net/core/somaxconn`), 10);
  return { queue: queue || 0, maxQueue: most > 0 ? Math.min(most, NODE_BACKLOG) : 0 };
}

/** Reads a file from its beginning until that is enough. An unreadable file counts as empty. */
function read(path: string, isEnough: (text: string) => boolean = () => false): string {
  let text = '';
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let length = -1; length !== 0 && text.length < MAX_BYTES && !isEnough(text);) {
      length = readSync(file, chunk, 0, CHUNK_BYTES, null);
      text += chunk.toString('latin1', 0, length);
    }
  } catch {
    // Return what has been read.
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return text;
}
