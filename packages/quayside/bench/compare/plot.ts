// One plot of the comparison: bars, as SVG.
import { line, rect, svg, text, ticks, type Colour } from '../../harness/svg';
import type { Report } from './results';
import { median } from './statistics';

const WIDTH = 860;
/** Where the bars begin and where the longest ends, in pixels. */
const LEFT = 230;
const RIGHT = 790;
const TOP = 76;
const BAR = 13;
const GAP = 14;

/** Of each kind of connection. */
const kindColours: Colour[] = ['sky', 'gold'];

/** A bar: how many requests a second of CPU time is enough for. */
interface Bar {
  median: number;
  least: number;
  most: number;
}

/** @returns an SVG: for each stack, how many requests of 14 bytes a second of CPU time is enough for; least and most marked */
export function plot(stacks: Report['stacks'], { workloads }: NonNullable<Report['compared']>): string {
  const kinds = workloads.filter(({ name }) => name.startsWith('14'));
  const rows = stacks.map(({ name }, index) => {
    const bars = kinds.map(({ windows }) => {
      const perSecond = (windows[index] ?? []).map(({ cost }) => 1e6 / cost);
      return { median: median(perSecond), least: Math.min(...perSecond), most: Math.max(...perSecond) };
    });
    return { name, bars };
  });
  return drawBars(
    kinds.map(({ name }) => name.replace('14 bytes, ', '')),
    rows,
  );
}

/**
 * Draws bars that lie.
 * @param kinds - the names of each row's bars
 */
function drawBars(kinds: string[], rows: { name: string; bars: Bar[] }[]): string {
  const most = Math.max(...rows.flatMap(({ bars }) => bars.map((bar) => bar.most)));
  const x = (value: number) => LEFT + ((RIGHT - LEFT) * value) / most;
  const rowHeight = kinds.length * BAR + GAP;
  const bottom = TOP + rows.length * rowHeight;
  const [title, note] = ['Requests per second of CPU time', '14 bytes; more is better; the thin line is least to most'];

  const axis = ticks(most, 8).flatMap((value) => [
    line([x(value), TOP - 4], [x(value), bottom], 'line'),
    text(x(value), bottom + 18, value === 0 ? '0' : `${String(value / 1000)}k`, {
      colour: 'muted',
      size: 12,
      anchor: 'middle',
    }),
  ]);
  const key = kinds.flatMap((kind, index) => [
    rect(LEFT + 150 * index, 52, 12, 12, kindColours[index] ?? 'muted'),
    text(LEFT + 150 * index + 18, 62, kind, { size: 12 }),
  ]);
  const bars = rows.flatMap(({ name, bars }, row) => {
    const top = TOP + row * rowHeight + GAP / 2;
    const label = text(LEFT - 12, top + (kinds.length * BAR) / 2 + 4, name, { anchor: 'end' });
    return [label, ...bars.flatMap((bar, kind) => drawBar(bar, top + kind * BAR, x, kind))];
  });
  return svg({
    width: WIDTH,
    height: bottom + 32,
    title: `${title}: ${rows.map(({ name, bars: [first] }) => `${name} ${inThousands(first?.median ?? NaN)}`).join('; ')}`,
    body: [
      text(20, 30, title, { size: 16, isBold: true }),
      text(WIDTH - 20, 30, note, { colour: 'muted', size: 12, anchor: 'end' }),
      ...key,
      ...axis,
      ...bars,
    ],
  });
}

function drawBar({ median, least, most }: Bar, top: number, x: (value: number) => number, kind: number): string[] {
  const middle = top + (BAR - 1) / 2;
  return [
    rect(LEFT, top, x(median) - LEFT, BAR - 1, kindColours[kind] ?? 'muted'),
    line([x(least), middle], [x(most), middle], 'ink'),
    ...[least, most].map((value) => line([x(value), middle - 3], [x(value), middle + 3], 'ink')),
    text(Math.max(x(median), x(most)) + 6, top + BAR - 2, inThousands(median), { size: 12 }),
  ];
}

/** @returns a number to three digits: 43.2k */
function inThousands(value: number): string {
  return `${(value / 1000).toPrecision(3)}k`;
}
