// Parts of a picture that shows what happens when: an axis, lanes with bars, and moments.
import { line, rect, text, ticks, type Colour } from '../../quayside/harness/svg';

export interface Axis {
  /** Where its times begin and end, in pixels. */
  left: number;
  right: number;
  from: number;
  to: number;
}

export const BAR_HEIGHT = 24;

/** @returns where a time is, in pixels; one that lies outside is where the axis ends */
export function place({ left, right, from, to }: Axis, time: number): number {
  const inside = Math.min(Math.max(time, from), to);
  return left + ((right - left) * (inside - from)) / (to - from);
}

const ticksOf = (axis: Axis) => ticks(axis.to, 8);

/** @returns a line down at each time that the axis names */
export const drawGrid = (axis: Axis, top: number, bottom: number) =>
  ticksOf(axis).map((time) => line([place(axis, time), top], [place(axis, time), bottom], 'line'));

/**
 * @param y - where the numbers stand
 * @param unit - is shown with the last one
 */
export function drawTimes(axis: Axis, y: number, unit: string): string[] {
  const times = ticksOf(axis);
  return times.map((time, index) => {
    const label = index === times.length - 1 ? `${String(time)} ${unit}` : String(time);
    return text(place(axis, time), y, label, { colour: 'muted', size: 11, anchor: 'middle' });
  });
}

/** A bar of a lane. */
export interface Bar {
  span: [number, number];
  /** That of the code that serves; without, the bar is one of something that does not serve. */
  colour?: Colour;
  /** Stands in it; where it does not fit, behind it, or before it. */
  label?: string;
  isLabelBefore?: boolean;
}

/** @returns a lane, with its name before it */
export function drawLane(axis: Axis, top: number, name: string, bars: Bar[]): string[] {
  const drawn = bars.flatMap(({ span: [from, to], colour, label, isLabelBefore = false }) => {
    const [x, end] = [place(axis, from), place(axis, to)];
    const bar = rect(x, top, end - x, BAR_HEIGHT, colour ?? 'panel', { radius: 3, border: colour ?? 'muted' });
    if (label === undefined) return [bar];
    const size = 12;
    if (widthOf(label) + 12 < end - x) return [bar, text(x + 7, top + 16, label, { size })];
    return [
      bar,
      isLabelBefore ? text(x - 7, top + 16, label, { size, anchor: 'end' }) : text(end + 7, top + 16, label, { size }),
    ];
  });
  return [text(axis.left - 14, top + 16, name, { anchor: 'end' }), ...drawn];
}

/** @returns about how wide a text of 12 pixels is */
const widthOf = (label: string) => label.length * 6.4;

/** @returns a line down through the lanes, with what happens there above it */
export function drawMoment(axis: Axis, time: number, top: number, bottom: number, label: string): string[] {
  const x = place(axis, time);
  return [
    line([x, top], [x, bottom], 'ink', { dash: 3 }),
    text(x, top - 6, label, { size: 12, isBold: true, anchor: 'middle' }),
  ];
}
