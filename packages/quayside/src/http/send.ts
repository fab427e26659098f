// Express's res.send(), at less cost for what most services send: a string of ASCII, JSON among it.
import { hash } from 'node:crypto';
import { ServerResponse } from 'node:http';
import type { Express, Response } from 'express';
import { keepLists } from './request-id';

/** More types than this a service does not have, unless they come from its clients. */
const MAX_TYPES = 100;
/** A longer body is not kept for the next time, in bytes. */
const MAX_KEPT = 1024;
/** Of a SHA-1 in base64, without its padding: https://github.com/jshttp/etag */
const HASH_LENGTH = 27;

// As they are before the service is loaded, which may put others in their places.
// eslint-disable-next-line @typescript-eslint/unbound-method -- compared, never called
const { end, getHeader, setHeader, writeHead } = ServerResponse.prototype;

/** What of a response Express calls in order to send it, beside writeHead(). */
const senders = ['send', 'type', 'get', 'set', 'getHeader', 'setHeader', 'end'];

/** What Express's own methods hold, by which they are told from those that a service has put in their places. */
const texts = { send: 'etag fn', type: 'octet-stream', get: 'getHeader', set: 'Content-Type' } as const;

interface Methods {
  send: (this: Response, body?: unknown) => Response;
  type: (this: Response, name: string) => Response;
  get: unknown;
  set: unknown;
  writeHead: unknown;
}

/** Responses that Express sends without their body and some of their headers. */
const isBare = ({ statusCode, req }: Response) =>
  statusCode === 204 || statusCode === 205 || statusCode === 304 || req.method === 'HEAD';

/** What Express makes of a type, and the last answer of that type. */
interface Known {
  /** With its charset. */
  type: string;
  body: string | undefined;
  /** In bytes. */
  length: string;
  etag: string;
}

/** @returns the function by which Express makes weak ETags, as an app does by default; undefined where it is not to be had */
function weakEtagsOf(app: Pick<Express, 'set'>): unknown {
  if (!String(app.set).includes('etag fn')) return undefined;
  const settings: Record<string, unknown> = {};
  (Object.create(app, { settings: { value: settings } }) as typeof app).set('etag', 'weak');
  return settings['etag fn'];
}

/**
 * Has the responses of an app send strings as Express does, to the byte. Express makes a Buffer of a string in order to
 * hash it, and parses its type in order to add the charset; a Buffer is then written apart from the headers. Here the
 * string is hashed and written as it is, together with the headers, and what Express made of a type is remembered.
 * Whatever is unusual is left to Express, as is a response with a method of somebody else's.
 */
export function patchSend(app: Pick<Express, 'response' | 'set'>): void {
  const { response } = app;
  const hasOwn = (name: string) => Object.hasOwn(response, name);
  if (hasOwn('writeHead')) return;
  const ours = keepLists(response);
  if (senders.some(hasOwn)) return;
  const express = Object.getPrototypeOf(response) as Methods;
  const { send, type, get, set } = express;
  const weakEtags = weakEtagsOf(app);
  const isOwn = Object.entries(texts).every(([name, text]) => String(express[name as keyof Methods]).includes(text));
  if (!isOwn || weakEtags === undefined) return;
  const known = new Map<string | undefined, Known>();
  /** Types by the short names of res.type(). */
  const names = new Map<string, string>();

  // Both those that a response has, and those that are hidden by the ones put before them here.
  const isPlain = (res: Response) =>
    res.end === end &&
    res.writeHead === ours &&
    res.getHeader === getHeader &&
    res.setHeader === setHeader &&
    res.get === get &&
    res.set === set &&
    res.type === patchedType &&
    express.writeHead === writeHead &&
    express.type === type &&
    express.send === send;

  function patchedType(this: Response, name: string): Response {
    if (typeof name !== 'string' || !isPlain(this)) return express.type.call(this, name);
    const full = names.get(name);
    if (full !== undefined) return this.setHeader('Content-Type', full);
    type.call(this, name);
    remember(names, name, String(this.getHeader('Content-Type')));
    return this;
  }

  function patchedSend(this: Response, body?: unknown): Response {
    if (typeof body !== 'string' || isBare(this) || !isPlain(this)) return express.send.call(this, body);
    const given = this.getHeader('Content-Type');
    const isCommon =
      (this.app as Express | undefined)?.get('etag fn') === weakEtags &&
      this.getHeader('ETag') === undefined &&
      this.getHeader('Transfer-Encoding') === undefined;
    if (!isCommon || (given !== undefined && typeof given !== 'string')) return send.call(this, body);
    const kept = known.get(given);
    if (kept === undefined) {
      send.call(this, body);
      const full = this.getHeader('Content-Type');
      // An answer that the client has already is sent without one.
      if (typeof full === 'string') remember(known, given, { type: full, body: undefined, length: '', etag: '' });
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
    // Also where it is the same: its name may have been given in another case.
    this.setHeader('Content-Type', kept.type);
    this.setHeader('Content-Length', kept.length);
    this.setHeader('ETag', kept.etag);
    return this.req.fresh ? send.call(this, body) : this.end(body, 'latin1');
  }

  response.type = patchedType;
  response.send = patchedSend;
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  if (map.size < MAX_TYPES) map.set(key, value);
}
