// Limits of a request: its headers and body, and the time until the service starts to respond.
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { refuse } from './answer';
import type { Exchange } from './exchange';

/**
 * Limits the time until the service starts to respond. One timer is enough for all, because the oldest is late first.
 * @param ms - how long it may take; 0: no limit
 * @param inFlight - from the oldest to the youngest
 * @param onLate - must answer instead of the service
 * @returns a function to call for each new request in flight
 */
export function createTimeLimit(
  ms: number,
  inFlight: Iterable<Exchange>,
  onLate: (exchange: Exchange) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const lookAfter = (left: number) => {
    timer = setTimeout(look, left).unref();
  };
  const look = () => {
    timer = undefined;
    for (const exchange of inFlight) {
      if (exchange.res.headersSent) continue;
      const left = exchange.start + ms - performance.now();
      if (left > 0) {
        lookAfter(left);
        return;
      }
      if (exchange.connection.findTaker() === undefined) onLate(exchange);
    }
  };
  return () => {
    if (ms > 0 && timer === undefined) lookAfter(ms);
  };
}

/** Maximum number of header fields, and of trailer fields: the default of Node 22 and later. */
const MAX_FIELDS = 1000;

const areTooMany = (nameAndValues: string[]) => nameAndValues.length > 2 * MAX_FIELDS;

/** A Host of a name or an IPv4 address: RFC 3986, section 3.2.2, and RFC 9110, section 7.2. */
const nameAndPort = /^(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*(?::\d*)?$/i;
/** A Host with an IPv6 address, or a future kind of address. */
const literalAndPort = /^\[(?:([\da-f:.]+)|v[\da-f]+\.[\w.~!$&'()*+,;=:-]+)\](?::\d*)?$/i;

/** The last valid Host: most requests have the same one. */
let lastHost = '';

/** @returns whether a value is a valid Host: uri-host [ ":" port ], or empty if the URI has no host */
function isHost(value: string): boolean {
  if (value === lastHost) return true;
  if (!nameAndPort.test(value)) {
    const literal = literalAndPort.exec(value);
    if (literal === null || (literal[1] !== undefined && !isIPv6(literal[1]))) return false;
  }
  lastHost = value;
  return true;
}

/** @returns whether a request has the Host that RFC 9112, section 3.2 requires. Node itself drops all but the first */
function hasRightHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let host: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length !== 4 || (name !== 'Host' && name.toLowerCase() !== 'host')) continue;
    if (host !== undefined) return false;
    host = rawHeaders[at + 1] ?? '';
  }
  return host === undefined ? httpVersion !== '1.1' : isHost(host);
}

/**
 * Checks a request before its body arrives.
 * @param mostBody - in bytes; 0: any size
 * @returns the status to refuse it with; undefined if the service may have it
 */
export function refusalOf(req: IncomingMessage, mostBody: number): 400 | 413 | 417 | 431 | undefined {
  const { headers, rawHeaders, url = '' } = req;
  if (areTooMany(rawHeaders)) return 431;
  // Otherwise Node would write a warning with the whole URL to stderr.
  if (!url.startsWith('/') && !url.startsWith('*') && !URL.canParse(url)) return 400;
  if (!hasRightHost(req)) return 400;
  // Node 20 ignores an empty one, but a proxy in front may not: RFC 9112, section 6.3.
  if (headers['transfer-encoding'] === '') return 400;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 417;
  if (mostBody > 0 && Number(headers['content-length'] ?? 0) > mostBody) return 413;
  return undefined;
}

/**
 * @returns whether a request must be the last of its connection, by RFC 9112, section 6.1: an HTTP/1.0 peer may not know
 *   Transfer-Encoding, and see the body's end elsewhere
 */
export function isLast({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.0' && headers['transfer-encoding'] !== undefined;
}

/**
 * Refuses a body of undeclared length: with 413 when it gets too large, and with 431 when it ends in too many trailer
 * fields.
 * @param most - in bytes; 0: any size
 */
export function limitBody(exchange: Exchange, most: number): void {
  const { req } = exchange;
  if (req.headers['transfer-encoding'] === undefined) return;
  let received = 0;
  const push = req.push.bind(req);
  const limited: typeof req.push = (chunk: Buffer | null, encoding) => {
    received += chunk?.length ?? 0;
    const isTooLarge = most > 0 && received > most;
    if (!isTooLarge && (chunk !== null || !areTooMany(req.rawTrailers))) return push(chunk, encoding);
    // Node may have set it, but no reader gets the complete body.
    req.complete = false;
    refuse(exchange, isTooLarge ? 413 : 431);
    return false;
  };
  req.push = limited;
}
