// The answers to what the service left unhandled: an unknown path, an error, and bytes that are no HTTP request.
import { STATUS_CODES, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Request, Response } from 'express';
import type { Logger } from './log';

interface Answer {
  type: string;
  body: string;
}

/** A short answer that names the status, and the trace where there is one to show. */
function answerFor(status: number, json: boolean, trace?: string): Answer {
  const error = STATUS_CODES[status] ?? 'Error';
  if (json) return { type: 'application/json', body: `${JSON.stringify({ status, error, trace })}\n` };
  return { type: 'text/plain; charset=utf-8', body: `${String(status)} ${error}\n${trace ? `\n${trace}\n` : ''}` };
}

interface HttpError {
  status?: unknown;
  statusCode?: unknown;
  headers?: OutgoingHttpHeaders;
}

const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;

/**
 * The status and headers of the answer to an error, by Express's own rules: those that the error brings, else the status
 * that the handler had set before it failed, else 500. See https://github.com/pillarjs/finalhandler
 */
function meantBy(error: unknown, res: Response): { status: number; headers: OutgoingHttpHeaders } {
  const { status, statusCode, headers } = (typeof error === 'object' && error !== null ? error : {}) as HttpError;
  const own = [status, statusCode].find(isErrorStatus);
  if (own !== undefined) return { status: own, headers: headers ?? {} };
  return { status: isErrorStatus(res.statusCode) ? res.statusCode : 500, headers: {} };
}

/**
 * Answers a request that the service passed on: 404, or the status of the error it ended in.
 * @param error - what the service threw or passed to next(); null or undefined where no route matched
 * @param options.showTraces - whether the answer holds the error's trace; the log has it in any case
 */
export function answerUnhandled(
  req: Request,
  res: Response,
  error: unknown,
  { log, showTraces }: { log: Logger; showTraces: boolean },
): void {
  const { status, headers } = error ? meantBy(error, res) : { status: 404, headers: {} };
  if (status >= 500) log.error({ method: req.method, path: req.path, err: error }, 'request failed');
  if (res.headersSent) {
    // Half an answer cannot be taken back; a cut connection is how the client learns of it.
    if (error && !res.writableEnded) req.destroy();
    return;
  }
  const trace = showTraces && error instanceof Error ? error.stack : undefined;
  const { type, body } = answerFor(status, req.accepts(['text', 'json']) === 'json', trace);
  // What the handler had set was meant for its own answer.
  for (const name of res.getHeaderNames()) if (name !== 'connection') res.removeHeader(name);
  res.statusCode = status;
  res.statusMessage = '';
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
  res.setHeader('Content-Type', type);
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end(body);
}

/** What Node itself answers to a broken request, by the error's code. */
const statusByCode: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

interface ClientError extends Error {
  code?: string;
  rawPacket?: Buffer;
}

/**
 * Answers requests that Node could not parse, as Node would, but for a well-formed one whose method Node does not know:
 * no route can have it, so that is a 404 like any other.
 */
export function answerUnparsed(server: Server): void {
  const last = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res: ServerResponse) => last.set(req.socket, res));

  server.on('clientError', (error: ClientError, socket: Duplex) => {
    // In the middle of another request's answer, this one's would be taken for a part of it.
    const inMidAnswer = last.get(socket)?.writableFinished === false;
    if (error.code === 'ECONNRESET' || !socket.writable || inMidAnswer) {
      socket.destroy();
      return;
    }
    const head = error.rawPacket?.toString('latin1') ?? '';
    const unknownMethod = error.code === 'HPE_INVALID_METHOD' && /^[A-Z-]+ \/\S* HTTP\/1\.[01]\r\n/.test(head);
    const status = unknownMethod ? 404 : (statusByCode[error.code ?? ''] ?? 400);
    const { type, body } = answerFor(status, /^accept:.*\bjson\b/im.test(head));
    socket.end(
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
        `Content-Type: ${type}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  });
}
