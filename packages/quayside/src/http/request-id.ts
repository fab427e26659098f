// The request id, by which a client's report, an answer and the lines of the log are found together.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** In lower case, as Node keeps the names of a request's headers. */
export const ID_HEADER = 'x-request-id';

/** What proxies make: UUIDs, hexadecimal, base64, ULIDs, Amazon's Root=1-... And nothing that a log or a shell could trip over. */
const sane = /^[\w.:=+/@-]{1,128}$/;

/**
 * Takes a sane X-Request-Id from the request, or makes one, and sends it back. The service reads it as the request's
 * header, in either case.
 */
export function identify(req: IncomingMessage, res: ServerResponse): void {
  const given = req.headers[ID_HEADER];
  const id = typeof given === 'string' && sane.test(given) ? given : randomUUID();
  req.headers[ID_HEADER] = id;
  res.setHeader('X-Request-Id', id);
}

/** @returns the id that identify() has given to the request; empty where the service has taken the headers away */
export function idOf({ headers }: { headers?: IncomingMessage['headers'] | null }): string {
  return String(headers?.[ID_HEADER] ?? '');
}

type WriteHead = (this: ServerResponse, ...args: unknown[]) => ServerResponse;

/**
 * Has a response's writeHead() send a list of headers whole, [name, value, ...] or [[name, value], ...]. Node does so
 * where no header has been set before, but the id has: Node 20 would then send the last alone of several values of one
 * name, and no release knows pairs. Several values of a name are sent one after the other, by the name's first case.
 * @param response - the prototype that a server's responses share
 * @returns the function that it has now in the place of its prototype's
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

/** @returns each name once, with its value or all of its values; the list as it is where Node is to say what is wrong with it */
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
