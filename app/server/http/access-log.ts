// One line in the log for each request, when its answer has ended.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Request } from 'express';
import type { Logger } from '../log';
import { idOf } from './request-id';

/** @returns the path that a request asks for, as the log names it: without query, and without a host, or a password for it */
export function pathOf({ originalUrl, url }: Pick<Request, 'originalUrl' | 'url'>): string {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(originalUrl || url)?.[1] ?? '';
}

/** What a connection had sent when its last line was written, in bytes. */
const sent = new WeakMap<Socket, number>();

/**
 * Logs a request once its answer is sent, or cut: then it is marked as aborted. Of what the client says, only method,
 * path and request id get into the log; no query, header or cookie.
 * @param level - debug for what is asked all day by machines
 */
export function logRequest(log: Logger, req: Request, res: ServerResponse, level: 'info' | 'debug' = 'info'): void {
  const { method, socket } = req;
  const path = pathOf(req);
  // Read now: a closed connection no longer knows.
  const client = req.ip;
  const start = performance.now();
  res.once('close', () => {
    const bytes = socket.bytesWritten - (sent.get(socket) ?? 0);
    sent.set(socket, socket.bytesWritten);
    const ms = Math.round((performance.now() - start) * 100) / 100;
    const aborted = !res.writableFinished || (req.destroyed && !req.complete) || undefined;
    log[level]({ id: idOf(req), method, path, status: res.statusCode, bytes, ms, client, aborted }, 'request');
  });
}
