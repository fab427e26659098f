// What Linux knows of processes and sockets, of which Node says nothing. Elsewhere it is 0.
import { closeSync, openSync, readSync } from 'node:fs';
import { isIPv6 } from 'node:net';

/** How much of a file is read at a time: the kernel makes no more of a table than it is asked for. */
const CHUNK_BYTES = 256;
/** More is in no file whose end is needed. */
const MAX_BYTES = 64 * 1024;
/** TCP_LISTEN of the kernel's include/net/tcp_states.h. */
const LISTEN = '0A';
/** The backlog that Node asks for, unless it is told otherwise. */
const NODE_BACKLOG = 511;

/**
 * Reads the size of a process. https://docs.kernel.org/filesystems/proc.html
 * @returns resident and virtual size in bytes, 0 where they cannot be known
 */
export function sizeOf(pid: number, root = '/'): { rss: number; vsz: number } {
  const status = read(`${root}proc/${String(pid)}/status`);
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { rss: bytes('VmRSS'), vsz: bytes('VmSize') };
}

/**
 * Reads how many connections to an address have not been accepted yet, and how many may wait so.
 * https://docs.kernel.org/networking/proc_net_tcp.html
 * @param host - the IP address that is listened on
 */
export function queueOf(host: string, port: number, root = '/'): { queue: number; maxQueue: number } {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const fieldsOf = (line: string) => line.trim().split(/\s+/);
  const isOurs = (line: string) => fieldsOf(line)[1]?.endsWith(suffix) === true;
  // Listening sockets come first. To look through the connections behind them takes the kernel milliseconds.
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

/** Reads a file from its beginning until that is enough. One that cannot be read is empty. */
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
    // What has been read is all there is to be had.
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return text;
}
