// Pictures as SVG: readable on a light page and on a dark one, with no script and nothing from elsewhere.

/** Of a page of GitHub's: where it is light, and where it is dark. */
const colours = {
  paper: ['#ffffff', '#0d1117'],
  panel: ['#f6f8fa', '#151b23'],
  line: ['#d1d9e0', '#3d444d'],
  ink: ['#1f2328', '#f0f6fc'],
  muted: ['#59636e', '#9198a1'],
  blue: ['#0969da', '#4493f8'],
  sky: ['#54aeff', '#1158c7'],
  cyan: ['#1b7c83', '#56d4dd'],
  amber: ['#9a6700', '#d29922'],
  gold: ['#d4a72c', '#9e6a03'],
  red: ['#cf222e', '#f85149'],
} as const;

/** A colour by its name: each has a shade for light pages and one for dark ones. */
export type Colour = keyof typeof colours;

const rules = (scheme: 0 | 1) =>
  Object.entries(colours)
    .map(([name, shades]) => `.${name}{color:${shades[scheme]}}`)
    .join('');

/** What a picture is made of. */
export interface Picture {
  width: number;
  height: number;
  /** What it shows, for those who do not see it. */
  title: string;
  /** SVG, in the order in which it is drawn. */
  body: string[];
  /** More rules of CSS. */
  style?: string;
}

/** @returns the SVG, with a background of its own: nobody has to know what page it is on */
export function svg({ width, height, title, body, style = '' }: Picture): string {
  const [w, h] = [String(width), String(height)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" fill="currentColor">
<title>${escaped(title)}</title>
<style>
text{font-family:system-ui,sans-serif;white-space:pre}
.mono{font-family:ui-monospace,Menlo,Consolas,monospace}
${rules(0)}
@media (prefers-color-scheme:dark){${rules(1)}}
${style}</style>
${rect(0, 0, width, height, 'paper')}
${body.join('\n')}
</svg>
`;
}

/** How a text is set. */
export interface Type {
  colour?: Colour;
  /** In pixels, 13 by default. */
  size?: number;
  anchor?: 'start' | 'middle' | 'end';
  isBold?: boolean;
}

/** @returns one line of text, whose baseline begins, lies in the middle, or ends at a point */
export function text(x: number, y: number, content: string, type: Type = {}): string {
  const { colour = 'ink', size = 13, anchor = 'start', isBold = false } = type;
  const place = `x="${round(x)}" y="${round(y)}" font-size="${String(size)}"`;
  const more = `${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${isBold ? ' font-weight="600"' : ''}`;
  return `<text class="${colour}" ${place}${more}>${escaped(content)}</text>`;
}

/** @returns a filled rectangle; with a border, where there is a colour for it */
export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  colour: Colour,
  { radius = 0, border }: { radius?: number; border?: Colour } = {},
): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  const corners = radius > 0 ? ` rx="${String(radius)}"` : '';
  const filled = `<rect class="${colour}" ${place}${corners}/>`;
  if (border === undefined) return filled;
  return `${filled}\n<rect class="${border}" ${place}${corners} fill="none" stroke="currentColor"/>`;
}

/** @returns a straight line; dashed, where its dashes have a length */
export function line(
  [x1, y1]: [number, number],
  [x2, y2]: [number, number],
  colour: Colour,
  { width = 1, dash = 0 }: { width?: number; dash?: number } = {},
): string {
  const place = `x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"`;
  const more = `${width === 1 ? '' : ` stroke-width="${String(width)}"`}${dash > 0 ? ` stroke-dasharray="${String(dash)}"` : ''}`;
  return `<line class="${colour}" ${place} stroke="currentColor"${more}/>`;
}

/** @returns a number of pixels, no longer than it can be seen */
export const round = (value: number) => String(Math.round(value * 100) / 100);

/** @returns a text that XML takes for nothing but text */
export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/**
 * Finds round steps for an axis that begins at 0.
 * @param most - the largest value on it
 * @param count - how many steps there are at most
 * @returns each step, with 0, up to the largest value or less
 */
export function ticks(most: number, count: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / count));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => most / size <= count) ?? most;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}
