// Formats a log line for people, in development.

/** An event as pino writes it. The service may add any fields. */
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

/** An error as pino writes it. */
interface LoggedError {
  type: unknown;
  message: unknown;
  stack: unknown;
}

/** How to format lines. */
export interface Look {
  hasColour: boolean;
  /** Maximum width of a request's line, in characters. */
  columns: number;
  /** Whether a request's line shows all details, however long it gets. */
  isDetailed: boolean;
}

const RED = 31;
const YELLOW = 33;
const BLUE = 34;
const CYAN = 36;
const GREY = 90;

const colourOfLevel: Record<string, number> = { fatal: RED, error: RED, warn: YELLOW };

/** Fields for searching the log, hidden from those who watch it. */
const details = ['id', 'trace_id', 'span_id', 'trace_flags', 'bytes', 'client'];

/** Minimum length of a truncated path, in characters. */
const MIN_PATH = 10;

/** A colour sequence; a Windows line break; any other control character except tab and line break. */
const CONTROL = /(\x1b\[[\d;]*m)|\r\n|[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** A piece of a line and its colour; without one, the terminal's default. */
type Word = [text: string, colour?: number | undefined];

/**
 * Formats a line of JSON. Foreign input, such as a client's path, cannot control the terminal.
 * @returns the line and its continuation lines, each with its line break
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
    // The compiler's messages are coloured.
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

/** @returns a string as it is, and any other value as JSON */
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

/** Truncates the path, one of the words, if the line would be too long. */
function fit(words: Word[], path: Word, columns: number): void {
  const length = words.reduce((total, [text]) => total + text.length + 1, -1);
  const [text] = path;
  const room = Math.max(text.length - Math.max(0, length - columns), MIN_PATH);
  if (text.length > room) path[0] = `${text.slice(0, room - 1)}…`;
}

/** @returns the stack, preceded by the message if that was changed later and is not in it */
function traceOf({ type, ...err }: LoggedError): string {
  const [message, stack] = [textOf(err.message), textOf(err.stack)];
  return stack.includes(message) ? stack : `${textOf(type)}: ${message}\n${stack}`.trimEnd();
}

/**
 * Escapes control characters, so that a terminal does not act on them.
 * @param keepsColours - whether colour sequences stay; otherwise they are removed
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
