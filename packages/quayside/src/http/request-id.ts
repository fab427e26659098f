// The request id, which connects a client's report, the response and the log lines.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** In lower case, as Node stores a request's header names. */
export const ID_HEADER = 'x-request-id';

/** What proxies generate: UUIDs, hexadecimal, base64, ULIDs, Amazon's Root=1-... Nothing that could harm a log or a shell. */
const sane = /^[\w.:=+/@-]{1,128}$/;

/**
 * Takes a sane X-Request-Id from the request, or generates one, and returns it in the response. In both cases the service
 * can read it from the request's header.
 */
export function identify(req: IncomingMessage, res: ServerResponse): void {
  const given = req.headers[ID_HEADER];
  const id = typeof given === 'string' && sane.test(given) ? given : randomUUID();
  req.headers[ID_HEADER] = id;
  res.setHeader('X-Request-Id', id);
}

/** @returns the request's id from identify(); empty if the service has removed the headers */
export function idOf({ headers }: { headers?: IncomingMessage['headers'] | null }): string {
  return String(headers?.[ID_HEADER] ?? '');
}

type WriteHead = (this: ServerResponse, ...args: unknown[]) => ServerResponse;

/**
 * Makes a response's writeHead() send a complete list of headers, [name, value, ...] or [[name, value], ...]. Node does
 * that only if no header has been set before, but the id has: Node 20 would send only the last of several values of one
 * name, and no release accepts pairs. Several values of a name are sent in order, with the name spelled as at first.
 * @param response - the prototype that a server's responses share
 * @returns the function that now shadows its prototype's
 */
export function keepLists(response: ServerResponse): WriteHead {
  const node = Object.getPrototypeOf(response) as { writeHead: WriteHead };
  const writeHead: WriteHead = function (...args) {
    const at = args.findIndex(Array.isArray);
    if (at !== -1) args[at] = fieldsOf(args[at] as unknown[]);
    return node.writeHead.apply(this, args);
  };
  Object.assign(response, { writeHead });
  return writeHead;
}

/** @returns each name once, with its value or values; an invalid list unchanged, so that Node reports the error */
function fieldsOf(list: unknown[]): object {
  const flat = Array.isArray(list[0]) ? list.flat() : list;
  const fields = new Map<string, [name: string, ...values: unknown[]]>();
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at];
    if (typeof name !== 'string' || at + 1 === flat.length) return list;
    const value = flat[at + 1];
    const field = fields.get(name.toLowerCase());
    if (field === undefined) fields.set(name.toLowerCase(), [name, value]);
    else field.push(...[value].flat());
  }
  return Object.fromEntries(
    Array.from(fields.values(), ([name, ...values]) => [name, values.length === 1 ? values[0] : values.flat()]),
  );
}
