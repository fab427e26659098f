// Express's res.send(), at less cost for what most services send: a string of ASCII, JSON among it.
import { hash } from 'node:crypto';
import type { Express, Response } from 'express';

/** More types than this a service does not have, unless they come from its clients. */
const MOST_TYPES = 100;
/** A longer body is not kept for the next time, in bytes. */
const MOST_KEPT = 1024;
/** Of a SHA-1 in base64, without its padding: https://github.com/jshttp/etag */
const HASH_LENGTH = 27;

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
  length: number;
  etag: string;
}

/**
 * Has the responses of an app send strings as Express does, to the byte. Express makes a Buffer of a string in order to
 * hash it, and parses its type in order to add the charset; a Buffer is then written apart from the headers. Here the
 * string is hashed and written as it is, together with the headers, and what Express made of a type is remembered.
 * Whatever is unusual is left to Express.
 */
export function quickenSend({ response }: Pick<Express, 'response'>): void {
  // The service sends in a way of its own.
  if (Object.hasOwn(response, 'send') || Object.hasOwn(response, 'type')) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the response that it is a method of
  const { send, type } = response;
  const known = new Map<unknown, Known>();
  /** Types by the short names of res.type(). */
  const names = new Map<string, string>();

  response.type = function (this: Response, name: string) {
    const full = names.get(name);
    if (full !== undefined) return this.setHeader('Content-Type', full);
    type.call(this, name);
    const made = this.getHeader('Content-Type');
    if (typeof made === 'string') remember(names, name, made);
    return this;
  };

  response.send = function (this: Response, body?: unknown) {
    if (typeof body !== 'string' || isBare(this) || this.app.get('etag') !== 'weak') return send.call(this, body);
    const given = this.getHeader('Content-Type');
    const own = known.get(given);
    if (own === undefined) {
      send.call(this, body);
      const made = this.getHeader('Content-Type');
      if (typeof made === 'string') remember(known, given, { type: made, body: undefined, length: 0, etag: '' });
      return this;
    }
    if (this.hasHeader('ETag') || this.hasHeader('Transfer-Encoding')) return send.call(this, body);
    if (body !== own.body) {
      const length = Buffer.byteLength(body);
      // What is not ASCII would be written in another encoding than the headers.
      if (length !== body.length) return send.call(this, body);
      own.length = length;
      own.etag = `W/"${length.toString(16)}-${hash('sha1', body, 'base64').slice(0, HASH_LENGTH)}"`;
      own.body = length > MOST_KEPT ? undefined : body;
    }
    if (own.type !== given) this.setHeader('Content-Type', own.type);
    this.setHeader('Content-Length', own.length);
    this.setHeader('ETag', own.etag);
    return this.end(body, 'latin1');
  };
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  if (map.size < MOST_TYPES) map.set(key, value);
}
