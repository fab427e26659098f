// Draws a reload of the development server as a timeline.
import { svg, text } from '../../quayside/harness/svg';
import { SAVES, type Reloads } from './reload';
import { drawGrid, drawLane, drawMoment, drawTimes, ROW, WIDTH, type Axis } from './timeline';

/** How much before the save and after the answer is shown, in ms. */
const BEFORE = 4;
const AFTER = 10;

/** @param machine - what it was measured on, in words */
export function drawReload({ typical, times }: Reloads, machine: string): string {
  const { seen, oldEnded, loading, compiling, answered, requests, spareReady, checking } = typical;
  const ms = (time: number) => `${time.toFixed()} ms`;
  const lasting = ([from, to]: [number, number]) => ms(to - from);
  const near: Axis = { from: -BEFORE, to: answered + AFTER };
  const top = 96;
  const bottom = top + 5 * ROW;
  const lanes = [
    ...drawLane(near, top, 'nodemon', [{ span: [0, seen], label: `sees the change: ${ms(seen)}` }]),
    ...drawLane(near, top + ROW, 'old worker', [
      { span: [near.from, seen], colour: 'gold', label: 'serves the old code' },
      { span: [seen, oldEnded], label: `ends: ${lasting([seen, oldEnded])}` },
    ]),
    ...drawLane(near, top + 2 * ROW, 'next worker', [
      { span: [near.from, loading[0]], label: 'stands ready: Node.js and Express are loaded' },
      { span: loading, label: `loads: ${lasting(loading)}` },
      { span: [loading[1], near.to], colour: 'sky', label: 'serves' },
    ]),
    ...drawLane(near, top + 3 * ROW, 'compiler', [
      { span: compiling, label: `compiles what has changed: ${lasting(compiling)}`, otherwise: 'before' },
    ]),
    ...drawLane(
      near,
      top + 4 * ROW,
      'requests',
      requests.map(({ span, isNew }) =>
        isNew ? { span, colour: 'sky', label: 'waits', otherwise: 'nowhere' } : { span, colour: 'gold' },
      ),
    ),
  ];

  const far: Axis = { from: 0, to: checking[1] * 1.05 };
  const farTop = bottom + 82;
  const farBottom = farTop + 3 * ROW;
  const later = [
    ...drawLane(far, farTop, 'this reload', [{ span: [0, answered], colour: 'sky', label: ms(answered) }]),
    ...drawLane(far, farTop + ROW, 'another worker', [
      { span: [loading[1], spareReady], label: `starts, for the next save: ${lasting([loading[1], spareReady])}` },
    ]),
    ...drawLane(far, farTop + 2 * ROW, 'type checker', [
      { span: checking, label: `checks types: ${lasting(checking)}` },
    ]),
  ];
  const spread = `${ms(times.least)} to ${ms(times.most)}`;
  return svg({
    width: WIDTH,
    height: farBottom + 34,
    title: `A reload: ${ms(answered)} from the save to the first answer of the new code`,
    body: [
      text(24, 32, `From a save to its answer: ${ms(answered)}`, { size: 16, isBold: true }),
      text(24, 52, `The median of ${String(SAVES)} saves (${spread}); ${machine}`, { size: 12, colour: 'muted' }),
      ...drawGrid(near, top - 8, bottom),
      ...drawTimes(near, bottom + 16, 'ms'),
      ...drawMoment(near, 0, top - 10, bottom, 'save'),
      ...drawMoment(near, answered, top - 10, bottom, 'answer'),
      ...lanes,
      text(24, farTop - 20, 'Then, in the background', { size: 14, isBold: true }),
      ...drawGrid(far, farTop - 8, farBottom),
      ...drawTimes(far, farBottom + 16, 'ms'),
      ...later,
    ],
  });
}
