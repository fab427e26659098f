// Answers requests that the service left unhandled: an unknown path, or an error.
import type { OutgoingHttpHeaders } from 'node:http';
import type { Response } from 'express';
import { asError } from '../process/failure';
import { pathOf } from './access-log';
import { answer } from './answer';
import type { Exchange } from './exchange';
import type { Logger } from '../process/log';
import { idOf } from './request-id';
import { traceOf } from './trace';

interface HttpError {
  status?: unknown;
  statusCode?: unknown;
  headers?: OutgoingHttpHeaders;
}

const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;

/**
 * The status and headers for an error, by Express's own rules: those of the error, otherwise the status that the handler
 * had set before it failed, otherwise 500. See https://github.com/pillarjs/finalhandler
 */
function meantBy(error: unknown, res: Response): { status: number; headers: OutgoingHttpHeaders } {
  const { status, statusCode, headers } = (typeof error === 'object' && error !== null ? error : {}) as HttpError;
  const brought = [status, statusCode].find(isErrorStatus);
  if (brought !== undefined) return { status: brought, headers: headers ?? {} };
  return { status: isErrorStatus(res.statusCode) ? res.statusCode : 500, headers: {} };
}

export interface UnhandledOptions {
  log: Logger;
  /** Whether the response shows the error's stack trace; the log always has it. */
  showTraces: boolean;
  /** Called if the status is 500 or above. */
  onException?: () => void;
}

/**
 * Answers a request that the service passed on: with 404, or the status of its error.
 * @param error - what the service threw or passed to next(); null or undefined if no route matched
 */
export function answerUnhandled(
  { req, res, connection }: Exchange,
  error: unknown,
  { log, showTraces, onException }: UnhandledOptions,
): void {
  const { status, headers } = error ? meantBy(error, res) : { status: 404, headers: {} };
  if (status >= 500) {
    onException?.();
    const about = { id: idOf(req), ...traceOf(req), method: req.method, path: pathOf(req) };
    log.error({ ...about, err: asError(error) }, 'request failed');
  }
  if (connection.findTaker() !== undefined) return;
  if (res.headersSent) {
    // A partial response cannot be taken back; cutting the connection tells the client.
    if (error && !res.writableEnded) res.destroy();
    return;
  }
  const trace = showTraces && error instanceof Error ? error.stack : undefined;
  answer(req, res, status, { headers, trace });
}
