// Parts of a picture that shows what happens when: an axis, lanes with bars, and moments.
import { line, rect, text, ticks, type Colour } from '../../quayside/harness/svg';

/** Of the picture, in pixels; where its axes begin and end; and from one lane to the next. */
export const WIDTH = 860;
export const LEFT = 150;
export const RIGHT = WIDTH - 24;
export const ROW = 36;
const BAR_HEIGHT = 24;

/** Its first time and its last. */
export interface Axis {
  from: number;
  to: number;
}

/** @returns where a time is, in pixels; one that lies outside is where the axis ends */
export function place({ from, to }: Axis, time: number): number {
  const inside = Math.min(Math.max(time, from), to);
  return LEFT + ((RIGHT - LEFT) * (inside - from)) / (to - from);
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
  /** Stands in it. */
  label?: string;
  /** Where the label stands if it does not fit; after it by default. */
  otherwise?: 'before' | 'after' | 'nowhere';
}

const LABEL_SIZE = 12;

/** @returns a lane, with its name before it */
export function drawLane(axis: Axis, top: number, name: string, bars: Bar[]): string[] {
  return [text(LEFT - 14, top + 16, name, { anchor: 'end' }), ...bars.flatMap((bar) => drawBar(axis, top, bar))];
}

function drawBar(axis: Axis, top: number, { span: [from, to], colour, label, otherwise = 'after' }: Bar): string[] {
  const [x, end] = [place(axis, from), place(axis, to)];
  const bar = rect(x, top, end - x, BAR_HEIGHT, colour ?? 'panel', { radius: 3, border: colour ?? 'muted' });
  if (label === undefined) return [bar];
  const width = widthOf(label);
  const words = (at: number, anchor: 'start' | 'end') => text(at, top + 16, label, { size: LABEL_SIZE, anchor });
  if (width + 10 < end - x) return [bar, words(x + 6, 'start')];
  if (otherwise === 'nowhere') return [bar];
  // Lines of the axis would cross it.
  const cleared = (from: number) => rect(from, top + 3, width + 4, BAR_HEIGHT - 6, 'paper');
  if (otherwise === 'before') return [cleared(x - 11 - width), bar, words(x - 7, 'end')];
  return [cleared(end + 5), bar, words(end + 7, 'start')];
}

/** @returns about how wide a label is, in pixels */
const widthOf = (label: string) => label.length * 6.6;

/** @returns a line down through the lanes, with what happens there above it */
export function drawMoment(axis: Axis, time: number, top: number, bottom: number, label: string): string[] {
  const x = place(axis, time);
  return [
    line([x, top], [x, bottom], 'ink', { dash: 3 }),
    text(x, top - 6, label, { size: 12, isBold: true, anchor: 'middle' }),
  ];
}
