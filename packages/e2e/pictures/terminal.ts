// A recording of two terminals as one picture, animated by CSS alone.
import { escaped, rect, round, svg, text, type Colour } from '../../quayside/harness/svg';

/** What somebody types, or a programme writes. */
export interface Line {
  /** Which terminal it is in: 0 is above. */
  terminal: 0 | 1;
  /** With its colours, as a terminal takes them. */
  text: string;
  /** When it appears, in ms from the beginning; of a command, its prompt. */
  at: number;
  /** From when until when it is typed, where it is. */
  typed?: [number, number];
  /** What is said beside it. */
  note?: string;
}

export interface Recording {
  /** What it shows, in words. */
  title: string;
  /** The terminals' titles. */
  names: [string, string];
  lines: Line[];
}

const WIDTH = 800;
const MARGIN = 14;
const TITLE_HEIGHT = 30;
const LINE_HEIGHT = 21;
const FONT_SIZE = 14;
/** How wide a character is made, in pixels, whatever font there is. */
const ADVANCE = 8.43;
/** Where the notes begin, in pixels. */
const NOTES = 556;
/** How long the last frame stays, in ms. */
const REST_MS = 5000;
const PROMPT = '$ ';

const colourOf: Record<string, Colour> = { 31: 'red', 33: 'amber', 34: 'blue', 36: 'cyan', 90: 'muted' };

/** @returns an animated SVG; it is its own last frame where animations are not wanted, or not known */
export function drawRecording({ title, names, lines }: Recording): string {
  const last = Math.max(...lines.map(({ at, typed }) => typed?.[1] ?? at));
  const duration = last + REST_MS;
  const percent = (ms: number) => `${round((100 * ms) / duration)}%`;
  const frames: string[] = [];
  const body: string[] = [];

  let top = 0;
  for (const [terminal, name] of names.entries()) {
    const own = lines.filter((line) => line.terminal === terminal);
    const height = TITLE_HEIGHT + own.length * LINE_HEIGHT + MARGIN;
    body.push(rect(0.5, top + 0.5, WIDTH - 1, height - 1, 'panel', { radius: 8, border: 'line' }));
    body.push(text(MARGIN, top + 20, name, { colour: 'muted', size: 12, isBold: true }));
    for (const [row, line] of own.entries()) {
      const id = `t${String(terminal)}${String(row)}`;
      body.push(drawLine(line, id, top + TITLE_HEIGHT + row * LINE_HEIGHT));
      frames.push(framesOf(line, id, percent));
    }
    top += height + MARGIN;
  }
  const moving = `g[id],.cover,.cursor{animation:${String(Math.round(duration))}ms step-end infinite}`;
  return svg({
    width: WIDTH,
    height: top - MARGIN,
    title,
    body,
    style: `.cover{transform:scaleX(0);transform-box:fill-box;transform-origin:right}
.cursor{opacity:0}
@media (prefers-reduced-motion:no-preference){
${moving}
${frames.join('\n')}
}
`,
  });
}

/** @param top - of its row */
function drawLine({ text: content, typed, note }: Line, id: string, top: number): string {
  const length = plain(content).length;
  const base = top + 15;
  const width = round(length * ADVANCE);
  const parts: string[] = [];
  if (length > 0) {
    const place = `x="${String(MARGIN)}" y="${round(base)}" textLength="${width}" font-size="${String(FONT_SIZE)}"`;
    parts.push(`<text class="mono ink" ${place}>${spansOf(content)}</text>`);
  }
  if (note !== undefined) {
    parts.push(text(NOTES, base, `← ${note}`, { colour: 'blue' }));
  }
  if (typed !== undefined) {
    const from = MARGIN + PROMPT.length * ADVANCE;
    const [x, y, height] = [round(from), round(top), String(LINE_HEIGHT - 3)];
    const covered = round((length - PROMPT.length) * ADVANCE + 2);
    parts.push(
      `<rect id="${id}c" class="cover panel" x="${x}" y="${y}" width="${covered}" height="${height}"/>`,
      `<rect id="${id}k" class="cursor muted" x="${x}" y="${y}" width="8" height="${height}"/>`,
    );
  }
  return `<g id="${id}">${parts.join('')}</g>`;
}

/** @returns the keyframes of a line: it appears, and what is typed is uncovered behind a cursor */
function framesOf({ text: content, at, typed }: Line, id: string, percent: (ms: number) => string): string {
  const rules = [`#${id}{animation-name:${id}}@keyframes ${id}{0%{opacity:0}${percent(at)},to{opacity:1}}`];
  if (typed !== undefined) {
    const [from, to] = typed.map(percent) as [string, string];
    const keys = content.length - PROMPT.length;
    const steps = `animation-timing-function:steps(${String(keys)})`;
    rules.push(
      `#${id}c{animation-name:${id}c}@keyframes ${id}c{0%{transform:none}${from}{transform:none;${steps}}${to},to{transform:scaleX(0)}}`,
      `#${id}k{animation-name:${id}k}@keyframes ${id}k{0%{opacity:1;transform:none}${from}{opacity:1;transform:none;${steps}}` +
        `${to}{opacity:0;transform:translateX(${round(keys * ADVANCE)}px)}to{opacity:0}}`,
    );
  }
  return rules.join('\n');
}

/** @returns a text with its colours as tspans */
function spansOf(content: string): string {
  let colour: Colour | undefined;
  return content
    .split(/(\x1b\[\d+m)/)
    .map((part) => {
      const code = /^\x1b\[(\d+)m$/.exec(part)?.[1];
      if (code !== undefined) colour = colourOf[code];
      if (code !== undefined || part === '') return '';
      return colour === undefined ? escaped(part) : `<tspan class="${colour}">${escaped(part)}</tspan>`;
    })
    .join('');
}

/** @returns a text without its colours */
export const plain = (content: string) => content.replace(/\x1b\[\d+m/g, '');
