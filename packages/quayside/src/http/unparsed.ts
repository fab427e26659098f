// The answers to bytes that are no HTTP request, or too slow in coming.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerFor, rawAnswer, refuse } from './answer';
import type { Connection } from './connection';
import type { Exchanges } from './exchange';
import type { Logger } from '../process/log';
import { isUnused, keepUnused, type IdleTimes } from './preconnect';

/** What Node itself answers to a broken request, by the error's code. */
const statusByCode: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

interface UnparsedOptions {
  /** Know what else is being answered on a connection. */
  exchanges: Exchanges;
  /** Gets a line for each answer to what has not even become a request. */
  log: Logger;
  times: IdleTimes;
  /** Called for each, and for a request whose body is broken. */
  onUnparsed: (() => void) | undefined;
}

interface ClientError extends Error {
  code?: string;
  /** What was parsed when it was found: it may begin with other requests. */
  rawPacket?: Buffer;
  /** How much of that was parsed, in bytes. */
  bytesParsed?: number;
}

/** @returns the broken request as far as it is known, from its beginning on where it has come in one piece */
function headOf({ rawPacket, bytesParsed = 0 }: ClientError): string {
  const text = rawPacket?.toString('latin1') ?? '';
  const before = text.lastIndexOf('\r\n\r\n', bytesParsed - 1);
  return before < 0 ? text : text.slice(before + 4);
}

/**
 * Answers requests that Node could not parse, as Node would, but for a well-formed one whose method Node does not know:
 * no route can have it, so that is a 404 like any other, as is CONNECT. The answer comes behind those to the requests
 * before it, and ends the connection. One on which nothing has come is only idle, and gets none.
 */
export function answerUnparsed(server: Server, { exchanges, log, times, onUnparsed }: UnparsedOptions): void {
  const sayTo = (connection: Connection, status: number, json: boolean, code?: string) => {
    log.info({ status, code, client: connection.socket.remoteAddress }, 'no request');
    onUnparsed?.();
    connection.endAfterAnswers(rawAnswer(status, answerFor(status, json ? 'json' : 'text')));
  };

  // For a proxy, which this is not; Node would close the connection without a word.
  server.on('connect', ({ socket, headers }, stream) => {
    const connection = exchanges.connectionOf(socket);
    // Node has taken all its listeners away.
    for (const emitter of new Set([socket, stream])) emitter.on('error', () => undefined);
    socket.on('drain', () => connection.oldest()?.res.emit('drain'));
    if (!connection.isEnding && connection.findTaker() === undefined)
      sayTo(connection, 404, headers.accept?.includes('json') === true, 'CONNECT');
    // Node has stopped reading; nobody would hear of the client's end.
    else socket.resume();
  });
  server.on('clientError', (error: ClientError, socket: Socket) => {
    if (isUnused(socket, error.code)) {
      keepUnused(socket, exchanges, times);
      return;
    }
    const connection = exchanges.connectionOf(socket);
    // What a service reads that has taken the socket is not HTTP, and what comes behind the last answer is nothing.
    if (connection.isEnding || connection.findTaker() !== undefined) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const head = headOf(error);
    const unknownMethod = error.code === 'HPE_INVALID_METHOD' && /^[A-Z-]+ \/\S* HTTP\/1\.[01]\r\n/.test(head);
    const status = unknownMethod ? 404 : (statusByCode[error.code ?? ''] ?? 400);
    const broken = connection.unfinished();
    if (broken !== undefined) {
      onUnparsed?.();
      refuse(broken, status);
    } else if (error.code === 'HPE_CLOSED_CONNECTION') {
      // It comes behind a request that was said to be the last.
      connection.endAfterAnswers();
    } else {
      sayTo(connection, status, /^accept:.*\bjson\b/im.test(head), error.code);
    }
  });
}
