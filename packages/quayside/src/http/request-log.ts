// req.log: the server's log, with the id of the request in each line, and its trace.
import type { Express, Request } from 'express';
import { symbols } from 'pino';
import type { Logger } from '../process/log';
import { idOf } from './request-id';
import { traceOf } from './trace';

/**
 * Gives the requests of an app a log of their own, made when it is first asked for. Apps that are mounted in it have it,
 * too, as Express has their requests inherit from its own. Where the service has put a log there before, that stays.
 */
export function addRequestLog({ request }: Pick<Express, 'request'>, log: Logger): void {
  if ('log' in request) return;
  Object.defineProperty(request, 'log', {
    configurable: true,
    get(this: Request) {
      const own = log.child({ id: idOf(this), ...(hasSpan(log) ? undefined : traceOf(this)) });
      keep(this, own);
      return own;
    },
    // pino-http, among others, puts its own there.
    set(this: Request, other: unknown) {
      keep(this, other);
    },
  });
}

/** Makes it the request's own property, which is found before the getter. A frozen request gets a new log at each use. */
function keep(req: Request, value: unknown): void {
  Reflect.defineProperty(req, 'log', { value, configurable: true, enumerable: true, writable: true });
}

/** @returns whether OpenTelemetry's instrumentation of pino adds the active span to each line: a line has its keys once */
function hasSpan(log: Logger): boolean {
  const { [symbols.mixinSym]: mixin } = log as { [symbols.mixinSym]?: (line: object, level: number) => object };
  return mixin !== undefined && 'trace_id' in mixin({}, 0);
}
