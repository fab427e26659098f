// Short answers that the server gives in the service's place.
import { STATUS_CODES, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { stripVTControlCharacters } from 'node:util';
import type { Request } from 'express';
import type { Exchange } from './exchange';
import { idOf } from './request-id';

export interface Answer {
  type: string;
  body: string;
}

/** How an answer may be written. HTML is for traces: a browser shows the rest as it is. */
export type Kind = 'text' | 'json' | 'html';

const escapeHtml = (text: string) => text.replace(/[&<>]/g, (char) => `&#${String(char.charCodeAt(0))};`);

/**
 * Says what a status means.
 * @param given.requestId - for whoever reports the error
 * @param given.trace - where it may be shown
 */
export function answerFor(status: number, kind: Kind, given: { requestId?: string; trace?: string } = {}): Answer {
  // On a terminal, a compiler's messages come in colours.
  const more = { ...given, ...(given.trace !== undefined && { trace: stripVTControlCharacters(given.trace) }) };
  const error = STATUS_CODES[status] ?? 'Error';
  if (kind === 'json') return { type: 'application/json', body: `${JSON.stringify({ status, error, ...more })}\n` };
  const title = `${String(status)} ${error}`;
  const lines = more.requestId === undefined ? [] : [`Request ID: ${more.requestId}`];
  if (kind === 'html') {
    const text = escapeHtml([...lines, '', more.trace ?? ''].join('\n'));
    const style = 'body { font: 1rem/1.5 system-ui; margin: 2rem; color-scheme: light dark } pre { overflow: auto }';
    return {
      type: 'text/html; charset=utf-8',
      body: `<!doctype html><title>${title}</title><style>${style}</style><h1>${title}</h1><pre>${text}</pre>\n`,
    };
  }
  if (more.trace !== undefined) lines.push('', more.trace);
  return { type: 'text/plain; charset=utf-8', body: `${[title, ...lines].join('\n')}\n` };
}

/** @returns an answer as it goes over the wire, for a connection that has no response, and ends with it */
export function rawAnswer(status: number, { type, body } = answerFor(status, 'text')): string {
  return (
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`
  );
}

/** What tells where an answer ends, or how to read it. An error may bring such from another server's answer. */
const framing = ['content-encoding', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding'];
/** What describes the body that a handler had in mind. */
const descriptive = [
  'accept-ranges',
  'content-disposition',
  'content-language',
  'content-range',
  'etag',
  'last-modified',
];
const foreign = new Set([...framing, 'connection']);

/**
 * Answers a request of which nothing has been answered yet. Other headers that have been set stay, as in Express: those of
 * CORS and of security are a middleware's, and meant for every answer.
 */
export function answer(
  req: Request,
  res: ServerResponse,
  status: number,
  { headers = {}, trace }: { headers?: OutgoingHttpHeaders; trace?: string | undefined } = {},
): void {
  const kinds: Kind[] = trace === undefined ? ['text', 'json'] : ['text', 'json', 'html'];
  const { type, body: text } = answerFor(status, (req.accepts(kinds) || 'text') as Kind, {
    ...(status >= 500 && { requestId: idOf(req) }),
    ...(trace !== undefined && { trace }),
  });
  // As Express sends it, for whoever has put a function of their own in the place of res.end().
  const body = Buffer.from(text);
  for (const name of [...framing, ...descriptive]) res.removeHeader(name);
  res.statusCode = status;
  res.statusMessage = '';
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !foreign.has(name.toLowerCase())) res.setHeader(name, value);
  }
  res.setHeader('Content-Type', type);
  res.setHeader('Content-Length', body.length);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end(body);
}

/**
 * Answers a request that is not read to its end, and ends the connection: what comes after is dropped. The service may be
 * reading the request; for that, it breaks off. Where it has answered already, that is the answer; what it has only begun
 * is cut.
 */
export function refuse({ req, res, connection }: Exchange, status: number): void {
  if (connection.findTaker() !== undefined) return;
  try {
    if (!res.headersSent) {
      res.setHeader('Connection', 'close');
      answer(req, res, status);
      mute(res);
    } else if (!res.writableEnded) res.destroy();
    connection.endAfterAnswers();
  } catch {
    // By what the service has made of the response.
    connection.socket.destroy();
  }
}

/** After an answer in its place, what the service still says goes nowhere: as an error, it could end the process. */
export function mute(res: ServerResponse): void {
  const ignore =
    <T>(result: T) =>
    (...args: unknown[]) => {
      const done = args.at(-1);
      if (typeof done === 'function') process.nextTick(done);
      return result;
    };
  Object.assign(res, {
    setHeader: ignore(res),
    setHeaders: ignore(res),
    appendHeader: ignore(res),
    removeHeader: ignore(undefined),
    writeHead: ignore(res),
    flushHeaders: ignore(undefined),
    write: ignore(true),
    end: ignore(res),
  });
}
