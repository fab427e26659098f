// What a request may take: so many bytes of body, so much time until the service begins to answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
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
 * Looks at what is known of a request before its body comes.
 * @param mostBody - in bytes; 0: any size
 * @returns the status by which it is to be refused; undefined where the service may have it
 */
export function refusalOf(req: IncomingMessage, mostBody: number): 400 | 413 | 417 | undefined {
  const { headers, httpVersion, url = '' } = req;
  // Node would warn of it, and write it to stderr with all that is in it.
  if (!/^[/*]/.test(url) && !URL.canParse(url)) return 400;
  if (headers.host === undefined && httpVersion === '1.1') return 400;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 417;
  if (mostBody > 0 && Number(headers['content-length'] ?? 0) > mostBody) return 413;
  return undefined;
}

/**
 * Answers 413 to a body whose length nobody has said, when it has become too large.
 * @param most - in bytes; 0: any size
 */
export function limitBody(req: Request, res: ServerResponse, most: number): void {
  if (most === 0 || req.headers['transfer-encoding'] === undefined) return;
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
