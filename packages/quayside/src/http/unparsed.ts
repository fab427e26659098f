// Answers bytes that are not an HTTP request, or that arrive too slowly.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerFor, rawAnswer, refuse } from './answer';
import type { Connection } from './connection';
import type { Exchanges } from './exchange';
import type { Logger } from '../process/log';
import { isUnused, keepUnused, type IdleTimes } from './preconnect';

/** Node's own status for a malformed request, by the error's code. */
const statusByCode: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

interface UnparsedOptions {
  /** For the other requests of a connection. */
  exchanges: Exchanges;
  /** Gets a line for each response to something that did not become a request. */
  log: Logger;
  times: IdleTimes;
  /** Called for each of these, and for a request whose body is malformed. */
  onUnparsed: (() => void) | undefined;
}

interface ClientError extends Error {
  code?: string;
  /** The data that was being parsed; it may begin with other requests. */
  rawPacket?: Buffer;
  /** How much of that was parsed, in bytes. */
  bytesParsed?: number;
}

/** @returns what is known of the malformed request; from its beginning if it came in one piece */
function headOf({ rawPacket, bytesParsed = 0 }: ClientError): string {
  const text = rawPacket?.toString('latin1') ?? '';
  const before = text.lastIndexOf('\r\n\r\n', bytesParsed - 1);
  return before < 0 ? text : text.slice(before + 4);
}

/**
 * Answers requests that Node could not parse, with Node's own status. A well-formed request with a method that Node does
 * not know gets a 404, because no route can have it; so does CONNECT. The response follows those to earlier requests and
 * ends the connection. A connection on which nothing has come is merely idle, and gets none.
 */
export function answerUnparsed(server: Server, { exchanges, log, times, onUnparsed }: UnparsedOptions): void {
  const sayTo = (connection: Connection, status: number, json: boolean, code?: string) => {
    log.info({ status, code, client: connection.socket.remoteAddress }, 'no request');
    onUnparsed?.();
    connection.endAfterAnswers(rawAnswer(status, answerFor(status, json ? 'json' : 'text')));
  };

  // CONNECT is for proxies. By default, Node would close the connection without a response.
  server.on('connect', ({ socket, headers }, stream) => {
    const connection = exchanges.connectionOf(socket);
    // Node has removed all its listeners.
    for (const emitter of new Set([socket, stream])) emitter.on('error', () => undefined);
    socket.on('drain', () => connection.oldest()?.res.emit('drain'));
    if (!connection.isEnding && connection.findTaker() === undefined)
      sayTo(connection, 404, headers.accept?.includes('json') === true, 'CONNECT');
    // Node has stopped reading, so the client's end would go unnoticed.
    else socket.resume();
  });
  server.on('clientError', (error: ClientError, socket: Socket) => {
    if (isUnused(socket, error.code)) {
      keepUnused(socket, exchanges, times);
      return;
    }
    const connection = exchanges.connectionOf(socket);
    // A socket that the service has taken over is not HTTP, and data after the last response is ignored.
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
      // It follows a request that was declared the last one.
      connection.endAfterAnswers();
    } else {
      sayTo(connection, status, /^accept:.*\bjson\b/im.test(head), error.code);
    }
  });
}
