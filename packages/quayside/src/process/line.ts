// A line of the log as people read it in development.

/** What pino writes of an event, and what more the log was told of it: by the service, anything. */
interface Entry {
  level: string;
  time: string;
  msg?: unknown;
  err?: unknown;
  method?: unknown;
  path?: unknown;
  status?: unknown;
  code?: unknown;
  ms?: unknown;
  aborted?: unknown;
  url?: unknown;
}

/** What it writes of an error. */
interface LoggedError {
  type: unknown;
  message: unknown;
  stack: unknown;
}

/** How lines are to look. */
export interface Look {
  hasColour: boolean;
  /** How wide the line of a request may be, in characters. */
  columns: number;
  /** Whether all that is known of a request is shown, on a line as long as it takes. */
  isDetailed: boolean;
}

const RED = 31;
const YELLOW = 33;
const BLUE = 34;
const CYAN = 36;
const GREY = 90;

const colourOfLevel: Record<string, number> = { fatal: RED, error: RED, warn: YELLOW };

/** What of a request is for whoever searches the log, not for whoever watches it. */
const details = ['id', 'trace_id', 'span_id', 'trace_flags', 'bytes', 'client'];

/** At least so much of a path is shown, in characters. */
const MIN_PATH = 10;

/** A sequence that sets colours; a line break of Windows; any other control character but a tab and a line break. */
const CONTROL = /(\x1b\[[\d;]*m)|\r\n|[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** A piece of a line, and its colour: the terminal's own, where it has none. */
type Word = [text: string, colour?: number | undefined];

/**
 * Formats a line of JSON. What others than this program have a say in, as a client's path, cannot control the terminal.
 * @returns the line, and those that belong to it, with their ends
 */
export function formatLine(json: string, { hasColour, columns, isDetailed }: Look): string {
  const {
    level,
    time,
    msg,
    err: error,
    method,
    path,
    status,
    code,
    ms,
    aborted,
    url,
    ...rest
  } = JSON.parse(json) as Entry;
  const err = isError(error) ? error : undefined;
  const isRequest = msg === 'request';
  const target = word(path);
  const words = [
    word(clockTime(time), GREY),
    level === 'info' ? undefined : word(`${level.toUpperCase()}:`, colourOfLevel[level] ?? BLUE),
    // The compiler's messages come in colours.
    isRequest || msg === undefined ? undefined : ([printable(textOf(msg), hasColour)] satisfies Word),
    word(url, CYAN),
    word(method),
    target,
    word(status, colourOfStatus(status)),
    word(code),
    ms === undefined ? undefined : word(`${isDetailed || typeof ms !== 'number' ? textOf(ms) : rounded(ms)} ms`, GREY),
    aborted === true ? word('aborted', YELLOW) : undefined,
  ].filter((each) => each !== undefined);
  if (isRequest && !isDetailed && target !== undefined) fit(words, target, columns);

  if (error !== undefined && err === undefined) Object.assign(rest, { err: error });
  const shown = Object.entries(rest).filter(([name]) => level !== 'info' || isDetailed || !details.includes(name));
  if (shown.length > 0) words.push([printable(JSON.stringify(Object.fromEntries(shown))), GREY]);
  const paint = ([text, colour]: Word) =>
    hasColour && colour !== undefined ? `\x1b[${String(colour)}m${text}\x1b[39m` : text;
  const line = `${words.map(paint).join(' ')}\n`;
  return err === undefined ? line : `${line}${printable(traceOf(err)).replace(/^/gm, '    ')}\n`;
}

function word(value: unknown, colour?: number): Word | undefined {
  return value === undefined ? undefined : [printable(textOf(value)).replace(/[\t\n]/g, escaped), colour];
}

/** @returns a text as it is, and any other value of JSON as JSON */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isError(value: unknown): value is LoggedError {
  return typeof value === 'object' && value !== null && 'stack' in value;
}

/** @returns the local time, to the second */
function clockTime(time: string): string {
  return new Date(time).toTimeString().slice(0, 8);
}

function rounded(ms: number): string {
  return ms < 1 ? '<1' : ms.toFixed();
}

function colourOfStatus(status: unknown): number | undefined {
  if (Number(status) >= 500) return RED;
  return Number(status) >= 400 ? YELLOW : undefined;
}

/** Cuts the path, one of the words, where their line would be too long. */
function fit(words: Word[], path: Word, columns: number): void {
  const length = words.reduce((total, [text]) => total + text.length + 1, -1);
  const [text] = path;
  const room = Math.max(text.length - Math.max(0, length - columns), MIN_PATH);
  if (text.length > room) path[0] = `${text.slice(0, room - 1)}…`;
}

/** @returns the stack, with the message where that is not in it, as where it was changed later */
function traceOf({ type, ...err }: LoggedError): string {
  const [message, stack] = [textOf(err.message), textOf(err.stack)];
  return stack.includes(message) ? stack : `${textOf(type)}: ${message}\n${stack}`.trimEnd();
}

/**
 * Makes control characters visible, so that a terminal does not act on them.
 * @param keepsColours - whether those that set colours may stay; else they are left out
 */
function printable(text: string, keepsColours = false): string {
  const safe = text.replace(CONTROL, (found: string, colour?: string) => {
    if (colour !== undefined) return keepsColours ? colour : '';
    return found === '\r\n' ? '\n' : escaped(found);
  });
  return safe.includes('\x1b') ? `${safe}\x1b[0m` : safe;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
