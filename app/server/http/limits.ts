// What a request may take: so many bytes of body, so much time until the service begins to answer.
import type { ServerResponse } from 'node:http';
import type { Request } from 'express';
import { answer, mute, refuse } from './answer';

/**
 * Answers 503 in the service's place where it has not begun to answer in time.
 * @param ms - how long it may take; 0: for ever
 * @param onTimeout - called before the answer
 */
export function limitTime(req: Request, res: ServerResponse, ms: number, onTimeout: () => void): void {
  if (ms === 0) return;
  const timer = setTimeout(() => {
    if (res.headersSent) return;
    onTimeout();
    answer(req, res, 503);
    mute(res);
  }, ms);
  res.once('close', () => {
    clearTimeout(timer);
  });
}

/**
 * Answers 413 to a body that is too large: at once where its length is said, else when it has become so.
 * @param most - in bytes; 0: any size
 * @returns whether the request is answered
 */
export function limitBody(req: Request, res: ServerResponse, most: number): boolean {
  if (most === 0) return false;
  if (Number(req.headers['content-length'] ?? 0) > most) {
    answer(req, res, 413);
    return true;
  }
  if (req.headers['transfer-encoding'] !== undefined) {
    let received = 0;
    const push = req.push.bind(req);
    req.push = (chunk: Buffer | null, encoding) => {
      received += chunk?.length ?? 0;
      if (received <= most) return push(chunk, encoding);
      if (res.headersSent) req.destroy();
      else refuse(req, res, 413);
      return false;
    };
  }
  return false;
}
