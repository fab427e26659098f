// What became of a request, told once when its response is closed: to the log and to the stats.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Request } from 'express';
import { routeOf } from './route';

export interface Outcome {
  method: string;
  /** The pattern of the route, never a path. */
  route: string;
  status: number;
  /** Sent, headers and body. */
  bytes: number;
  /** From the request's headers to the end of its response. */
  ms: number;
  /** What the client's leaving, or a fault, has cut short. */
  cut: 'request' | 'answer' | undefined;
}

/** What a connection had sent when its last response was closed, in bytes. */
const sent = new WeakMap<Socket, number>();

/** Calls back when a response is closed, whether it was sent whole or not. */
export function onOutcome(req: Request, res: ServerResponse, then: (outcome: Outcome) => void): void {
  const { method, socket } = req;
  const start = performance.now();
  res.once('close', () => {
    const bytes = socket.bytesWritten - (sent.get(socket) ?? 0);
    sent.set(socket, socket.bytesWritten);
    const cut = req.destroyed && !req.complete ? 'request' : res.writableFinished ? undefined : 'answer';
    then({ method, route: routeOf(req), status: res.statusCode, bytes, ms: performance.now() - start, cut });
  });
}
