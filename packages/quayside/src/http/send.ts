// A faster res.send() for what most services send: ASCII strings, including JSON.
import { hash } from 'node:crypto';
import { ServerResponse } from 'node:http';
import type { Express, Response } from 'express';
import { keepLists } from './request-id';

/** No service has more types than this, unless they come from its clients. */
const MAX_TYPES = 100;
/** Longer bodies are not cached, in bytes. */
const MAX_KEPT = 1024;
/** Length of a SHA-1 in base64, without padding: https://github.com/jshttp/etag */
const HASH_LENGTH = 27;

// Captured before the service is loaded, which may replace them.
// eslint-disable-next-line @typescript-eslint/unbound-method -- compared, never called
const { end, getHeader, setHeader, writeHead } = ServerResponse.prototype;

/** The methods that Express calls on a response to send it, besides writeHead(). */
const senders = ['send', 'type', 'get', 'set', 'getHeader', 'setHeader', 'end'];

/** Text in the source of Express's own methods, to tell them from replacements by a service. */
const texts = { send: 'etag fn', type: 'octet-stream', get: 'getHeader', set: 'Content-Type' } as const;

interface Methods {
  send: (this: Response, body?: unknown) => Response;
  type: (this: Response, name: string) => Response;
  get: unknown;
  set: unknown;
  writeHead: unknown;
}

/** Responses that Express sends without a body and some headers. */
const isBare = ({ statusCode, req }: Response) =>
  statusCode === 204 || statusCode === 205 || statusCode === 304 || req.method === 'HEAD';

/** Express's full form of a type, and the last response of that type. */
interface Known {
  /** With its charset. */
  type: string;
  body: string | undefined;
  /** In bytes. */
  length: string;
  etag: string;
}

/** @returns Express's function for weak ETags, an app's default; undefined if it cannot be found */
function weakEtagsOf(app: Pick<Express, 'set'>): unknown {
  if (!String(app.set).includes('etag fn')) return undefined;
  const settings: Record<string, unknown> = {};
  (Object.create(app, { settings: { value: settings } }) as typeof app).set('etag', 'weak');
  return settings['etag fn'];
}

/**
 * Makes an app's responses send strings faster, with the same bytes as Express. Express converts a string to a Buffer to
 * hash it, which is then written separately from the headers, and parses the type to add the charset. Here the string is
 * hashed and written as it is, together with the headers, and Express's form of a type is cached. Unusual responses, and
 * those with replaced methods, are left to Express.
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

  // Checks both the response's methods and those that the patched ones shadow.
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
      // A response that the client already has (304) is sent without one.
      if (typeof full === 'string') remember(known, given, { type: full, body: undefined, length: '', etag: '' });
      return this;
    }
    if (body !== kept.body) {
      const length = Buffer.byteLength(body);
      // Non-ASCII text would need a different encoding than the headers.
      if (length !== body.length) return send.call(this, body);
      kept.length = String(length);
      kept.etag = `W/"${length.toString(16)}-${hash('sha1', body, 'base64').slice(0, HASH_LENGTH)}"`;
      kept.body = length > MAX_KEPT ? undefined : body;
    }
    // Even if it is the same: the service may have spelled the header's name differently.
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
