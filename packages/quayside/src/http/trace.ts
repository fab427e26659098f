// The trace of a request: its client's traceparent header, by W3C Trace Context.
import type { IncomingMessage } from 'node:http';

/** With the names that OpenTelemetry uses in logs. */
export interface Trace {
  trace_id: string;
  /** The caller's span. */
  span_id: string;
}

/**
 * Version, ids, flags, and what a future version may add. Ids of zeros, version ff and upper case are invalid, and so are
 * several headers, which Node joins with commas. https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(-.*)?$/;

/** @returns the trace of a traceparent header; undefined if it is invalid */
export function parseTraceparent(header: string): Trace | undefined {
  const [, version, trace_id, span_id, more] = TRACEPARENT.exec(header) ?? [];
  if (trace_id === undefined || span_id === undefined || (version === '00' && more !== undefined)) return undefined;
  return { trace_id, span_id };
}

/** The request's property for its trace: many entries in a WeakMap would make minor garbage collections slower. */
const TRACE = Symbol('trace');

interface Traced {
  [TRACE]?: Trace;
}

/** Records the trace of a new request, because the service may change its headers. */
export function takeTrace(req: IncomingMessage): void {
  const { traceparent } = req.headers;
  const trace = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  if (trace !== undefined) (req as Traced)[TRACE] = trace;
}

/** @returns the trace that takeTrace() has recorded; undefined if there is none */
export function traceOf(req: object): Trace | undefined {
  return (req as Traced)[TRACE];
}
