// npm run bench: a short run of the comparison leaves its page and nothing else.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quayside, root } from '../../quayside/harness/paths';
import { endAll, run } from '../../quayside/harness/run';
import { baseImage, describeImage, docker } from '../harness/docker';

describeImage('npm run bench', () => {
  const out = mkdtempSync(join(tmpdir(), 'identidock-'));
  afterEach(() => endAll());
  afterAll(() => {
    rmSync(out, { recursive: true });
  });

  const start = (...args: string[]) =>
    run(process.execPath, {
      args: [join(root, 'node_modules/ts-node/dist/bin-transpile.js'), join(quayside, 'bench/compare.ts'), ...args],
      env: { ...process.env, NODE_IMAGE: baseImage },
    });
  const left = async (pid: number) => {
    const containers = await docker('ps', '--all', '--quiet', '--filter', `name=identidock-bench-${String(pid)}-`);
    return containers + (await docker('image', 'ls', '--quiet', `identidock-bench-${String(pid)}-*`));
  };

  test('a short one measures, writes its page and its plot, and leaves nothing', async () => {
    const short = ['--rounds', '1', '--seconds', '1', '--part', 'stacks', '--only', 'identidock,limit'];
    const bench = start(...short, '--out', out);
    await bench.closed;
    const page = readFileSync(join(out, 'benchmarks.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (?:identidock, A|node:http).*$/gm)].map(([row]) => row.split('|'));
    // In each of the three workloads, and in the table of memory.
    expect(rows).toHaveLength(8);
    const [measured, memory] = [rows.slice(0, 6), rows.slice(6)];
    expect(Math.min(...[...measured, ...memory].map((row) => parseFloat(row[2] ?? '')))).toBeGreaterThan(0);
    expect(measured.map((row) => Number(row[5]))).toEqual(measured.map(() => 0));
    expect(readFileSync(join(out, 'benchmarks.svg'), 'utf8')).toMatch(/<svg[^]*ACCESS_LOG=off[^]*<\/svg>/);
    expect(await left(bench.pid)).toBe('');
  });

  test('one that is ended leaves nothing either', async () => {
    const bench = start('--rounds', '1', '--seconds', '1', '--only', 'limit', '--neighbour');
    await bench.line(/keep-alive/);
    bench.kill('SIGTERM');
    await bench.closed;
    expect(await left(bench.pid)).toBe('');
  });

  test('a wrong option is said, before anything is built', async () => {
    const bench = start('--only', 'nosuch');
    expect(await bench.exited).toMatchObject({ code: 1 });
    expect(bench.output()).toMatch(/^npm run bench: --only=nosuch: expected some of log,identidock,/m);
    expect(bench.output()).not.toContain('building');
  });
});
