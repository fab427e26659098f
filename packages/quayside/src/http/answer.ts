// Short responses that the server sends instead of the service.
import { STATUS_CODES, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { stripVTControlCharacters } from 'node:util';
import type { Request } from 'express';
import type { Exchange } from './exchange';
import { idOf } from './request-id';

export interface Answer {
  type: string;
  body: string;
}

/** Formats of a response. HTML is only for stack traces: browsers show the rest as text. */
export type Kind = 'text' | 'json' | 'html';

const escapeHtml = (text: string) => text.replace(/[&<>]/g, (char) => `&#${String(char.charCodeAt(0))};`);

/**
 * Makes the response for a status.
 * @param given.requestId - for reporting the error
 * @param given.trace - the stack trace, if it may be shown
 */
export function answerFor(status: number, kind: Kind, given: { requestId?: string; trace?: string } = {}): Answer {
  // On a terminal, a compiler's messages are coloured.
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

/** @returns a raw HTTP response, for a connection without a response object that ends after it */
export function rawAnswer(status: number, { type, body } = answerFor(status, 'text')): string {
  return (
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`
  );
}

/** Headers that say where a response ends or how to decode it. An error may carry those of another server's response. */
const framing = ['content-encoding', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding'];
/** Headers that describe the body that the handler meant to send. */
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
 * Answers a request whose response has not started. Other headers stay, as in Express: middleware sets CORS and security
 * headers for every response.
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
  // A Buffer, as from Express, in case res.end() has been replaced.
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
 * Answers a request that is not read to its end, and ends the connection; whatever follows is dropped. If the service is
 * reading the request, that is aborted. A complete response of the service stands; one that has only started is cut.
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
    // The service may have modified the response.
    connection.socket.destroy();
  }
}

/** Ignores what the service writes after the server has answered for it: otherwise an error could end the process. */
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
