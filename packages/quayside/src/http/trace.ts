// The trace that a request belongs to: what its client says in the traceparent of W3C's Trace Context.
import type { IncomingMessage } from 'node:http';

/** In the names that OpenTelemetry gives them in a log. */
export interface Trace {
  trace_id: string;
  /** Of the span, somewhere else, that has led to the request. */
  span_id: string;
}

/**
 * Version, ids, flags, and what a version to come may add. Ids of zeros, version ff and upper case are invalid, as are
 * several headers, which Node joins by commas. https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(-.*)?$/;

/** @returns the trace that a traceparent names; undefined where it is not valid, and so not to be believed */
export function parseTraceparent(header: string): Trace | undefined {
  const [, version, trace_id, span_id, more] = TRACEPARENT.exec(header) ?? [];
  if (trace_id === undefined || span_id === undefined || (version === '00' && more !== undefined)) return undefined;
  return { trace_id, span_id };
}

const traces = new WeakMap<object, Trace>();

/** Takes down the trace of a request that has just come: the service may change its headers. */
export function takeTrace(req: IncomingMessage): void {
  const { traceparent } = req.headers;
  const trace = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  if (trace !== undefined) traces.set(req, trace);
}

/** @returns the trace that takeTrace() has found; undefined where there is none */
export function traceOf(req: object): Trace | undefined {
  return traces.get(req);
}
