// Express's res.send(), at less cost for what most services send: a string of ASCII, JSON among it.
import { hash } from 'node:crypto';
import { ServerResponse } from 'node:http';
import type { Express, Response } from 'express';

/** More types than this a service does not have, unless they come from its clients. */
const MAX_TYPES = 100;
/** A longer body is not kept for the next time, in bytes. */
const MAX_KEPT = 1024;
/** Of a SHA-1 in base64, without its padding: https://github.com/jshttp/etag */
const HASH_LENGTH = 27;

// As they are before the service is loaded, which may put others in their places.
// eslint-disable-next-line @typescript-eslint/unbound-method -- compared, never called
const { end, setHeader, writeHead } = ServerResponse.prototype;

/** What of a response Express calls in order to send it. */
const senders = ['send', 'type', 'get', 'set', 'setHeader', 'writeHead', 'end'];

/** Responses that Express may send without their body and some of their headers. */
const isBare = ({ statusCode, req }: Response) =>
  statusCode === 204 ||
  statusCode === 205 ||
  statusCode === 304 ||
  req.headers['if-none-match'] !== undefined ||
  req.headers['if-modified-since'] !== undefined;

/** What Express makes of a type, and the last answer of that type. */
interface Known {
  /** With its charset. */
  type: string;
  body: string | undefined;
  /** In bytes. */
  length: string;
  etag: string;
}

/**
 * Has the responses of an app send strings as Express does, to the byte. Express makes a Buffer of a string in order to
 * hash it, and parses its type in order to add the charset; a Buffer is then written apart from the headers. Here the
 * string is hashed and written as it is, together with the headers, and what Express made of a type is remembered.
 * Whatever is unusual is left to Express, as is a response with a method of somebody else's.
 */
export function patchSend({ response }: Pick<Express, 'response'>): void {
  if (senders.some((name) => Object.hasOwn(response, name))) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the response that they are methods of
  const { send, type, get, set } = response;
  const known = new Map<string | undefined, Known>();
  /** Types by the short names of res.type(). */
  const names = new Map<string, string>();

  const isPlain = (res: Response) =>
    res.end === end &&
    res.writeHead === writeHead &&
    res.setHeader === setHeader &&
    res.get === get &&
    res.set === set &&
    res.type === patchedType;

  function patchedType(this: Response, name: string): Response {
    if (!isPlain(this)) return type.call(this, name);
    const full = names.get(name);
    if (full !== undefined) return this.setHeader('Content-Type', full);
    type.call(this, name);
    remember(names, name, String(this.getHeader('Content-Type')));
    return this;
  }

  function patchedSend(this: Response, body?: unknown): Response {
    if (typeof body !== 'string' || isBare(this) || !isPlain(this)) return send.call(this, body);
    const given = this.getHeader('Content-Type');
    const isCommon = this.app.get('etag') === 'weak' && !this.hasHeader('ETag') && !this.hasHeader('Transfer-Encoding');
    if (!isCommon || (given !== undefined && typeof given !== 'string')) return send.call(this, body);
    const kept = known.get(given);
    if (kept === undefined) {
      send.call(this, body);
      remember(known, given, { type: String(this.getHeader('Content-Type')), body: undefined, length: '', etag: '' });
      return this;
    }
    if (body !== kept.body) {
      const length = Buffer.byteLength(body);
      // What is not ASCII would be written in another encoding than the headers.
      if (length !== body.length) return send.call(this, body);
      kept.length = String(length);
      kept.etag = `W/"${length.toString(16)}-${hash('sha1', body, 'base64').slice(0, HASH_LENGTH)}"`;
      kept.body = length > MAX_KEPT ? undefined : body;
    }
    if (kept.type !== given) this.setHeader('Content-Type', kept.type);
    this.setHeader('Content-Length', kept.length);
    this.setHeader('ETag', kept.etag);
    return this.end(body, 'latin1');
  }

  response.type = patchedType;
  response.send = patchedSend;
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  if (map.size < MAX_TYPES) map.set(key, value);
}
