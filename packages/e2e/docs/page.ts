// The page of the tour: its commands, what it says that they print, and whether that is what they printed.

/** A command of the page. */
export interface Step {
  command: string;
  /** The lines that it prints, as the page has them. */
  output: string[];
  /** Index of the first of these among the page's lines. */
  start: number;
}

/** What stands for lines that are left out, or for a part of one. */
export const isElision = (text: string) => text.trim() === '...';

/** What differs from run to run, and from machine to machine. */
const varying = [
  /\b[0-9a-f]{64}\b/,
  /\b[0-9a-f]{12}\b/,
  /\b(?:Less than a|About an?|\d+) \w+ ago\b/,
  /\d\d:\d\d:\d\d/,
  /\b\d+(?:\.\d+)? ?(?:ms|s|[kMG]?B)\b/,
  /\bv\d+\.\d+\.\d+\b/,
  // A random port of the host.
  /(?<=:)\d{5}\b/,
  /(?<="pid":)\d+/,
  // A table's column is as wide as what is in it.
  /(?<=\S) {2,}/,
].map(({ source }) => source);

const token = new RegExp([...varying, ' ?\\.{3} ?'].map((source) => `(${source})`).join('|'), 'g');

/**
 * Reads the commands of a page: the lines that start with `$ ` in its blocks of `console`.
 * @returns them in their order
 */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  let inside = false;
  let continued = false;
  for (const [index, line] of page.split('\n').entries()) {
    const step = steps.at(-1);
    if (line.startsWith('```')) inside = line === '```console';
    else if (inside && line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [], start: index + 1 });
    else if (inside && continued && step)
      Object.assign(step, { command: `${step.command}\n${line}`, start: index + 1 });
    else if (inside) step?.output.push(line);
    continued = line.endsWith('\\');
  }
  return steps;
}

/**
 * Puts what was printed into lines of the page. A line `...` stands for any number of lines, and within a line it
 * stands for any text.
 * @returns the page's lines with this run's ids, ages and the like; undefined where the two differ in more than these
 */
export function fill(lines: string[], printed: string[]): string[] | undefined {
  const [line, ...others] = lines;
  if (line === undefined) return printed.length === 0 ? [] : undefined;
  if (isElision(line)) {
    for (let left = 0; left <= printed.length; left += 1) {
      const filled = fill(others, printed.slice(left));
      if (filled) return [line, ...filled];
    }
    return undefined;
  }
  const [first, ...rest] = printed;
  const filledLine = first === undefined ? undefined : fillLine(line, first);
  const filledOthers = filledLine === undefined ? undefined : fill(others, rest);
  return filledLine === undefined || filledOthers === undefined ? undefined : [filledLine, ...filledOthers];
}

function fillLine(line: string, printed: string): string | undefined {
  const tokens = [...line.matchAll(token)];
  const fixed = line.replace(token, '\0').split('\0');
  const patterns = tokens.map((found) => varying[found.findIndex((group, index) => index > 0 && group) - 1] ?? '.*');
  const escaped = fixed.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const source = escaped.map((text, index) => text + (index < patterns.length ? `(${patterns[index] ?? ''})` : ''));
  const values = new RegExp(`^${source.join('')}$`).exec(printed)?.slice(1);
  if (values === undefined) return undefined;
  const kept = tokens.map(([text], index) => (isElision(text) ? text : (values[index] ?? '')));
  return fixed.map((text, index) => text + (kept[index] ?? '')).join('');
}

/**
 * Writes what was printed into a page. Where the page has other lines, all that was printed takes their place.
 * @param printed - the lines of each command
 */
export function withOutput(page: string, printed: string[][]): string {
  const lines = page.split('\n');
  // From the end, as each changes where the next ones are.
  for (const [index, { output, start }] of [...stepsOf(page).entries()].reverse()) {
    const now = printed[index] ?? [];
    lines.splice(start, output.length, ...(fill(output, now) ?? now));
  }
  return lines.join('\n');
}

/**
 * Compares what was printed with the page.
 * @param printed - the lines of each command
 * @returns a text for each command that printed something else
 */
export function differences(steps: Step[], printed: string[][]): string[] {
  const listed = (lines: string[]) => lines.map((line) => `\n    ${line}`).join('');
  return steps.flatMap(({ command, output }, index) => {
    const now = printed[index] ?? [];
    return fill(output, now) ? [] : [`$ ${command}\n  the page has:${listed(output)}\n  printed:${listed(now)}`];
  });
}
