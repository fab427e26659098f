// req.log: the server's log, with the request's id and trace in each line.
import type { Express, Request } from 'express';
import { symbols } from 'pino';
import type { Logger } from '../process/log';
import { idOf } from './request-id';
import { traceOf } from './trace';

/**
 * Gives an app's requests their own log, created on first use. Mounted apps have it too, because Express makes their
 * requests inherit from the app's. A log that the service has defined before stays.
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
    // pino-http, among others, sets its own.
    set(this: Request, other: unknown) {
      keep(this, other);
    },
  });
}

/** Sets it as the request's own property, which shadows the getter. A frozen request gets a new log at each use. */
function keep(req: Request, value: unknown): void {
  Reflect.defineProperty(req, 'log', { value, configurable: true, enumerable: true, writable: true });
}

/** @returns whether OpenTelemetry adds the active span to each line, which must not have the keys twice */
function hasSpan(log: Logger): boolean {
  const { [symbols.mixinSym]: mixin } = log as { [symbols.mixinSym]?: (line: object, level: number) => object };
  return mixin !== undefined && 'trace_id' in mixin({}, 0);
}
