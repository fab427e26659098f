// The comparison's plot, drawn by gnuplot.
import { execFileSync } from 'node:child_process';
import type { Report } from './results';
import { imageName } from './stacks';
import { median } from './statistics';

/** @returns an SVG: for each stack, requests of 14 bytes per second of CPU time, with error bars for minimum and maximum */
export function plot(stacks: Report['stacks'], { workloads }: NonNullable<Report['compared']>): string {
  const kinds = workloads.filter(({ name }) => name.startsWith('14'));
  const rows = stacks.map(({ name }, index) => {
    const cells = kinds.flatMap(({ windows }) => {
      const perSecond = (windows[index] ?? []).map(({ cost }) => 1e6 / cost);
      return [median(perSecond), Math.min(...perSecond), Math.max(...perSecond)].map((value) => value.toFixed(0));
    });
    return [JSON.stringify(name.replace(/, | (?=--)/g, '\n')), ...cells].join(' ');
  });
  const columns = kinds.map(({ name }, kind) => {
    const from = 2 + 3 * kind;
    const title = name.replace('14 bytes, ', '');
    return `$data using ${String(from)}:${String(from + 1)}:${String(from + 2)}:xtic(1) title ${JSON.stringify(title)}`;
  });
  const script = `
$data << END
${rows.join('\n')}
END
set terminal svg noenhanced size 1400,440 font "sans-serif,12" background "white"
set title "Requests per second of CPU time, 14 bytes (more is better)"
set style data histograms
set style histogram errorbars gap 1 linewidth 1
set style fill solid 0.9
set boxwidth 0.9
set bmargin 4.5
set yrange [0:*]
set format y "%.0f"
set grid ytics
set key top right
set linetype 1 linecolor rgb "#2563eb"
set linetype 2 linecolor rgb "#f59e0b"
plot ${columns.join(', ')}
`;
  const args = ['run', '--rm', '--interactive', imageName('load'), 'gnuplot'];
  return execFileSync('docker', args, { input: script, encoding: 'utf8' });
}
