// Draws a deploy as a timeline, with the requests beneath.
import { line, rect, svg, text, ticks } from '../../quayside/harness/svg';
import { CLIENTS, type Deploy } from './deploy';
import {
  drawGrid,
  drawLane,
  drawMoment,
  drawTimes,
  LEFT,
  place,
  RIGHT,
  ROW,
  WIDTH,
  type Axis,
  type Bar,
} from './timeline';

const CHART_HEIGHT = 110;
/** How much is shown before the deploy and after it, and for how long requests are counted together, in s. */
const AROUND = 0.8;
const STEP = 0.1;

/** @param machine - what it was measured on, in words */
export function drawDeploy({ old, trial, next, done, requests }: Deploy, machine: string): string {
  const axis: Axis = { from: -AROUND, to: done + AROUND };
  const shown = requests.filter(({ endedAt }) => endedAt >= axis.from && endedAt < axis.to);
  const first = Math.min(...shown.filter(({ version }) => version === '2').map(({ endedAt }) => endedAt));
  const failed = shown.filter(({ version }) => version === undefined).length;
  const { told = NaN, ended = NaN } = old;
  const { started = NaN, healthy = NaN } = next;
  const top = 100;
  const bottom = top + 3 * ROW;
  const chartTop = bottom + 36;
  const chartBottom = chartTop + CHART_HEIGHT;

  const lanes = [
    ...drawLane(axis, top, 'old container', [
      { span: [axis.from, told], colour: 'gold', label: 'serves' },
      { span: [told, ended], colour: 'gold', label: `drains: ${seconds(ended - told)}` },
    ]),
    ...drawLane(axis, top + ROW, 'trial container', [
      { span: [trial.started ?? NaN, trial.ended ?? NaN], label: 'has to get healthy, and to answer' },
    ]),
    ...drawLane(axis, top + 2 * ROW, 'new container', [
      { span: [started, Math.min(healthy, first)], label: 'starts, gets healthy', otherwise: 'before' },
      ...(healthy < first ? [{ span: [healthy, first] } satisfies Bar] : []),
      { span: [first, axis.to], colour: 'sky', label: 'serves' },
    ]),
  ];
  const summary = `${String(shown.length)} requests of ${String(CLIENTS)} clients, ${String(failed)} failed`;
  return svg({
    width: WIDTH,
    height: chartBottom + 34,
    title: `A deploy of ${seconds(done)}: the new container starts beside the old one, which drains and ends; ${summary}`,
    body: [
      text(24, 32, `A deploy: ${seconds(done)}, ${String(failed)} requests failed`, { size: 16, isBold: true }),
      text(24, 52, `npm run deploy of an image that is built; ${machine}`, { size: 12, colour: 'muted' }),
      ...drawGrid(axis, top - 8, bottom),
      ...drawGrid(axis, chartTop, chartBottom),
      ...drawTimes(axis, chartBottom + 16, 's'),
      ...drawMoment(axis, 0, top - 10, bottom, 'deploy begins'),
      ...drawMoment(axis, told, top - 10, bottom, 'the old one is told to stop'),
      ...lanes,
      text(24, chartTop - 10, summary, { size: 13, isBold: true }),
      ...drawRequests(shown, axis, chartTop, chartBottom),
    ],
  });
}

/** @returns how many requests have ended, by who has answered */
function drawRequests(requests: Deploy['requests'], axis: Axis, top: number, bottom: number): string[] {
  const kinds = [
    ['1', 'gold'],
    ['2', 'sky'],
    [undefined, 'red'],
  ] as const;
  const steps = Array.from({ length: Math.floor((axis.to - axis.from) / STEP) }, (_, step) => {
    const from = axis.from + step * STEP;
    const inside = requests.filter(({ endedAt }) => endedAt >= from && endedAt < from + STEP);
    return { from, counts: kinds.map(([version]) => inside.filter((one) => one.version === version).length) };
  });
  const most = Math.max(...steps.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0)));
  const height = (count: number) => ((bottom - top) * count) / most;
  const bars = steps.flatMap(({ from, counts }) => {
    let y = bottom;
    const x = place(axis, from);
    return counts.map((count, kind) => {
      y -= height(count);
      const width = place(axis, from + STEP) - x - 1;
      return count === 0 ? '' : rect(x, y, width, height(count), kinds[kind]?.[1] ?? 'red');
    });
  });
  const scale = ticks(most, 3).map((count) =>
    text(LEFT - 14, bottom - height(count) + 4, String(count), { colour: 'muted', size: 11, anchor: 'end' }),
  );
  return [
    ...bars.filter(Boolean),
    line([LEFT, bottom], [RIGHT, bottom], 'line'),
    ...scale,
    text(24, top + 16, 'answers in', { size: 12, colour: 'muted' }),
    text(24, top + 32, `${String(STEP * 1000)} ms`, { size: 12, colour: 'muted' }),
  ];
}

const seconds = (time: number) => `${time.toFixed(1)} s`;
