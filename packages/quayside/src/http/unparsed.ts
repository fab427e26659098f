// The answers to bytes that are no HTTP request, or too slow in coming.
import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Request } from 'express';
import { answerFor, refuse } from './answer';
import type { Exchanges } from './exchange';
import type { Logger } from '../process/log';

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
 * no route can have it, so that is a 404 like any other, as is CONNECT.
 * @param exchanges - know what else is being answered on a connection
 * @param log - gets a line for each answer to what has not even become a request
 * @param onUnparsed - called for each, and for a request whose body is broken
 */
export function answerUnparsed(
  server: Server,
  { exchanges, log, onUnparsed }: { exchanges: Exchanges; log: Logger; onUnparsed: (() => void) | undefined },
): void {
  const sayTo = (socket: Duplex & { remoteAddress?: string }, status: number, json: boolean, code?: string) => {
    const { type, body } = answerFor(status, json ? 'json' : 'text');
    log.info({ status, code, client: socket.remoteAddress }, 'no request');
    onUnparsed?.();
    socket.end(
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
        `Content-Type: ${type}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  };

  const isFree = (socket: Duplex) => exchanges.lastOf(socket)?.writableFinished !== false;

  // For a proxy, which this is not; Node would close the connection without a word.
  server.on('connect', (req, socket) => {
    if (!isFree(socket)) socket.destroy();
    else sayTo(socket, 404, req.headers.accept?.includes('json') === true, 'CONNECT');
  });
  server.on('clientError', (error: ClientError, socket: Duplex) => {
    const res = exchanges.lastOf(socket);
    // In the place of another request's answer, or in the middle of one, this one's would be taken for it.
    const isOwn = res?.req.complete === false && !res.headersSent && res.socket !== null;
    if (error.code === 'ECONNRESET' || !socket.writable || !(isOwn || isFree(socket))) {
      socket.destroy();
      return;
    }
    const head = error.rawPacket?.toString('latin1') ?? '';
    const unknownMethod = error.code === 'HPE_INVALID_METHOD' && /^[A-Z-]+ \/\S* HTTP\/1\.[01]\r\n/.test(head);
    const status = unknownMethod ? 404 : (statusByCode[error.code ?? ''] ?? 400);
    if (isOwn) {
      onUnparsed?.();
      refuse(res.req as Request, res, status);
      return;
    }
    sayTo(socket, status, /^accept:.*\bjson\b/im.test(head), error.code);
  });
}
