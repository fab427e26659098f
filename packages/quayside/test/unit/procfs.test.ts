import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { queueOf, sizeOf } from '../../src/primary/procfs';

let dir: string;
let root: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'procfs-'));
  root = `${dir}/`;
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function write(path: string, text: string) {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode' + ' '.repeat(53);

/** A table in the kernel's form: each line an address, a state and a receive queue. */
function table(...lines: [local: string, state: string, queue: string][]) {
  const rest = '00:00000000 00000000  1000        0 20437 1 0000000000000000 100 0 0 10 0';
  return [
    head,
    ...lines.map(([local, state, queue], index) => {
      const remote = local.replace(/:.*$/, '').replace(/./g, '0');
      return `${String(index).padStart(4)}: ${local} ${remote}:0000 ${state} 00000000:${queue} ${rest}`;
    }),
    '',
  ].join('\n');
}

const status = `Name:	node
Umask:	0022
State:	S (sleeping)
Pid:	42
VmPeak:	 1093012 kB
VmSize:	 1092936 kB
VmLck:	       0 kB
VmHWM:	   56336 kB
VmRSS:	   56332 kB
RssAnon:	   20192 kB
Threads:	7
`;

test("a process's size is in bytes", () => {
  write('proc/42/status', status);
  expect(sizeOf(42, root)).toEqual({ rss: 56_332 * 1024, vsz: 1_092_936 * 1024 });
});

test('a process without memory of its own, or that is gone, has none', () => {
  write('proc/43/status', 'Name:\tnode\nState:\tZ (zombie)\nPid:\t43\n');
  expect(sizeOf(43, root)).toEqual({ rss: 0, vsz: 0 });
  expect(sizeOf(44, root)).toEqual({ rss: 0, vsz: 0 });
});

const any4 = '00000000';
const local4 = '0100007F';
const any6 = '0'.repeat(32);

test('what waits is the receive queue of that which listens on the port', () => {
  // 9090 is 2382 in hexadecimal; 35330 ends with the same digits as 0x2382 does, but is 8A02.
  write(
    'proc/net/tcp',
    table(
      [`${local4}:2383`, '0A', '00000040'],
      [`${any4}:2382`, '0A', '0000001F'],
      [`${local4}:2382`, '01', '00000100'],
      [`${local4}:8A02`, '0A', '00000200'],
    ),
  );
  write('proc/sys/net/core/somaxconn', '4096\n');
  expect(queueOf('0.0.0.0', 9090, root)).toEqual({ queue: 31, maxQueue: 511 });
});

test('a port has four digits', () => {
  write('proc/net/tcp', table([`${any4}:0050`, '0A', '00000005'], [`${any4}:5050`, '0A', '00000007']));
  expect(queueOf('0.0.0.0', 80, root).queue).toBe(5);
});

test('IPv6 has a table of its own', () => {
  write('proc/net/tcp', table([`${any4}:2382`, '0A', '00000001']));
  write('proc/net/tcp6', table([`${any6}:2382`, '0A', '00000002'], [`${any6}:2382`, '06', '00000004']));
  expect(queueOf('::', 9090, root).queue).toBe(2);
  expect(queueOf('0.0.0.0', 9090, root).queue).toBe(1);
});

test('a port that is listened on after many others is found', () => {
  const others = Array.from({ length: 100 }, (): [string, string, string] => [`${any4}:0050`, '0A', '00000001']);
  write('proc/net/tcp', table(...others, [`${any4}:2382`, '0A', '00000002']));
  expect(queueOf('0.0.0.0', 9090, root).queue).toBe(2);
});

test('the kernel may allow fewer than Node asks for', () => {
  write('proc/sys/net/core/somaxconn', '128\n');
  expect(queueOf('0.0.0.0', 9090, root)).toEqual({ queue: 0, maxQueue: 128 });
});

test('where the system has no such files, all is 0', () => {
  expect(sizeOf(42, root)).toEqual({ rss: 0, vsz: 0 });
  expect(queueOf('0.0.0.0', 9090, root)).toEqual({ queue: 0, maxQueue: 0 });
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('this process has a size', () => {
  const { rss, vsz } = sizeOf(process.pid);
  expect(rss).toBeGreaterThan(10 * 1024 ** 2);
  expect(vsz).toBeGreaterThan(rss);
});
