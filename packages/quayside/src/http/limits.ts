// What a request may take: so many bytes of body, so much time until the service begins to answer.
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { refuse } from './answer';
import type { Exchange } from './exchange';

/**
 * Bounds the time until the service begins to answer. One timer does for all, since the oldest is the first to be late.
 * @param ms - how long it may take; 0: for ever
 * @param inFlight - from the oldest to the youngest
 * @param onLate - has to answer in the service's place
 * @returns is to be called when another is in flight
 */
export function createTimeLimit(ms: number, inFlight: Set<Exchange>, onLate: (exchange: Exchange) => void): () => void {
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

/** How many header fields a message may have, and how many trailer fields: as many as Node 22 and later take by themselves. */
const MAX_FIELDS = 1000;

const areTooMany = (nameAndValues: string[]) => nameAndValues.length > 2 * MAX_FIELDS;

/** A Host of a name or an IPv4 address: RFC 3986, section 3.2.2, and RFC 9110, section 7.2. */
const nameAndPort = /^(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*(?::\d*)?$/i;
/** A Host of an IPv6 address, or of one of the future. */
const literalAndPort = /^\[(?:([\da-f:.]+)|v[\da-f]+\.[\w.~!$&'()*+,;=:-]+)\](?::\d*)?$/i;

/** Whether it is what a Host may be: uri-host [ ":" port ], and nothing at all where the URI has no host. */
function isHost(value: string): boolean {
  if (nameAndPort.test(value)) return true;
  const literal = literalAndPort.exec(value);
  return literal !== null && (literal[1] === undefined || isIPv6(literal[1]));
}

/** Whether a request has the Host that RFC 9112, section 3.2 wants. Node itself drops all but the first. */
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
 * Looks at what is known of a request before its body comes.
 * @param mostBody - in bytes; 0: any size
 * @returns the status by which it is to be refused; undefined where the service may have it
 */
export function refusalOf(req: IncomingMessage, mostBody: number): 400 | 413 | 417 | 431 | undefined {
  const { headers, rawHeaders, url = '' } = req;
  if (areTooMany(rawHeaders)) return 431;
  // Node would warn of it, and write it to stderr with all that is in it.
  if (!url.startsWith('/') && !url.startsWith('*') && !URL.canParse(url)) return 400;
  if (!hasRightHost(req)) return 400;
  // Node 20 passes over it, where whoever stands before it may not: RFC 9112, section 6.3.
  if (headers['transfer-encoding'] === '') return 400;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 417;
  if (mostBody > 0 && Number(headers['content-length'] ?? 0) > mostBody) return 413;
  return undefined;
}

/**
 * Whether a request is the last one of its connection, by RFC 9112, section 6.1: whoever speaks HTTP/1.0 may not know
 * Transfer-Encoding, and see another end of the body.
 */
export function isLast({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.0' && headers['transfer-encoding'] !== undefined;
}

/**
 * Refuses a body whose length nobody has said: by 413, when it has become too large, and by 431, when it ends in too many
 * trailer fields.
 * @param most - in bytes; 0: any size
 */
export function limitBody(exchange: Exchange, most: number): void {
  const { req } = exchange;
  if (req.headers['transfer-encoding'] === undefined) return;
  let received = 0;
  const push = req.push.bind(req);
  req.push = (chunk: Buffer | null, encoding) => {
    received += chunk?.length ?? 0;
    const isTooLarge = most > 0 && received > most;
    if (!isTooLarge && (chunk !== null || !areTooMany(req.rawTrailers))) return push(chunk, encoding);
    // Node may have said that it is, but nobody gets it whole.
    req.complete = false;
    refuse(exchange, isTooLarge ? 413 : 431);
    return false;
  };
}
