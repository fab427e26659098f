// What a service may do to a response before it sends it, and how it may send it: each with each.
import { createHash } from 'node:crypto';
import express, { type Request, type Response } from 'express';
import { bytesOf } from '../../harness/bytes';
import { expectSame } from './both';

type Act = (res: Response, req: Request) => unknown;

const etag = `W/"5-${createHash('sha1').update('hello').digest('base64').slice(0, 27)}"`;

const before: Record<string, Act> = {
  nothing: () => undefined,
  'a type in lower case': (res) => res.setHeader('content-type', 'text/html'),
  'a whole type in lower case': (res) => res.setHeader('content-type', 'text/html; charset=utf-8'),
  'a type in upper case': (res) => res.setHeader('CONTENT-TYPE', 'application/json; charset=utf-8'),
  'a type by set()': (res) => res.set('Content-Type', 'text/plain'),
  'an empty type': (res) => res.setHeader('Content-Type', ''),
  'a type that is a list': (res) => res.setHeader('Content-Type', ['text/html']),
  'a type that is a number': (res) => res.setHeader('Content-Type', 1),
  'a type taken back': (res) => {
    res.type('text').removeHeader('Content-Type');
  },
  'a broken type': (res) => res.setHeader('Content-Type', 'text/html; charset'),
  'type(json)': (res) => res.type('json'),
  'type(html) twice': (res) => res.type('html').type('html'),
  'type(nosuch)': (res) => res.type('nosuch'),
  'type of nothing': (res) => res.type(''),
  'type of a path': (res) => res.type('a/b.html'),
  'type of a list': (res) => res.type(['text'] as unknown as string),
  'type of another list': (res) => res.type(['/'] as unknown as string),
  'type of a String': (res) => res.type(new String('text') as string),
  'type of a number': (res) => res.type(1 as unknown as string),
  'type(undefined)': (res) => res.type(undefined as unknown as string),
  'format()': (res) => res.format({ html: () => undefined, text: () => undefined }),
  'attachment()': (res) => res.attachment('a.txt'),
  'status 201': (res) => res.status(201),
  'status 204': (res) => res.status(204),
  'status 205': (res) => res.status(205),
  'status 206': (res) => res.status(206),
  'status 304': (res) => res.status(304),
  'status 404': (res) => res.status(404),
  'status 500': (res) => res.status(500),
  'status 103': (res) => (res.statusCode = 103),
  'status "201"': (res) => ((res as { statusCode: unknown }).statusCode = '201'),
  'status "204"': (res) => ((res as { statusCode: unknown }).statusCode = '204'),
  'status 200.5': (res) => (res.statusCode = 200.5),
  'status 99': (res) => (res.statusCode = 99),
  'a status message': (res) => (res.statusMessage = 'Fine'),
  'an ETag': (res) => res.set('ETag', '"1"'),
  'an ETag in lower case': (res) => res.setHeader('etag', 'W/"1"'),
  'an empty ETag': (res) => res.setHeader('ETag', ''),
  'an ETag taken back': (res) => {
    res.set('ETag', '"1"').removeHeader('ETag');
  },
  'a length': (res) => res.setHeader('content-length', 3),
  'a length that is a text': (res) => res.setHeader('Content-Length', 'x'),
  chunked: (res) => res.set('Transfer-Encoding', 'chunked'),
  'an empty Transfer-Encoding': (res) => res.setHeader('transfer-encoding', ''),
  trailers: (res) => {
    res.set('Trailer', 'X-T').addTrailers({ 'X-T': '1' });
  },
  'no Date': (res) => {
    res.removeHeader('Date');
  },
  'sendDate off': (res) => (res.sendDate = false),
  'Last-Modified': (res) => res.set('Last-Modified', 'Mon, 23 Nov 2026 00:00:00 GMT'),
  'Cache-Control': (res) => res.set('Cache-Control', 'no-store'),
  'a header beyond ASCII': (res) => res.set('X-Name', 'ü'),
  cookies: (res) => res.cookie('a', '1').cookie('b', { c: 'd' }).clearCookie('e'),
  'Vary and Link': (res) => res.vary('Origin').links({ next: 'http://a/b' }),
  'flushed headers': (res) => {
    res.flushHeaders();
  },
  'written headers': (res) => res.writeHead(202, { 'X-A': '1' }),
  'a begun body': (res) => res.write('begun'),
  'an answer before': (res) => res.send('before'),
  'an ended answer': (res) => res.end('before'),
  strictContentLength: (res) => (res.strictContentLength = true),
  cork: (res) => {
    res.cork();
  },
  'a method changed to GET': (_res, req) => (req.method = 'GET'),
  'a method changed to HEAD': (_res, req) => (req.method = 'HEAD'),
  'a method changed to POST': (_res, req) => (req.method = 'POST'),
  'no method': (_res, req) => ((req as { method: unknown }).method = undefined),
  'no headers': (_res, req) => ((req as { headers: unknown }).headers = undefined),
  'headers that are null': (_res, req) => ((req as { headers: unknown }).headers = null),
  'empty headers': (_res, req) => (req.headers = {}),
  'If-None-Match taken away': (_res, req) => delete req.headers['if-none-match'],
  'If-None-Match put in': (_res, req) => (req.headers['if-none-match'] = etag),
  'an empty If-None-Match': (_res, req) => (req.headers['if-none-match'] = ''),
  'a request that is never fresh': (_res, req) => Object.defineProperty(req, 'fresh', { value: false }),
  'a request that is always fresh': (_res, req) => Object.defineProperty(req, 'fresh', { value: true }),
  'no app': (res) => ((res as { app: unknown }).app = undefined),
  'another app': (res) => (res.app = express().set('etag', 'strong').set('json spaces', 1)),
  'another request': (res) => (res.req = Object.create(res.req) as Request),
  'an own status()': (res) => {
    res.status = (code) => Object.assign(res, { statusCode: code === 304 ? 200 : code });
  },
  'an own json()': (res) => {
    res.json = () => res.send('own');
  },
  'an own removeHeader()': (res) => {
    res.removeHeader = () => undefined;
  },
  'an own hasHeader()': (res) => {
    res.set('ETag', '"1"').hasHeader = () => false;
  },
  'an own getHeader()': (res) => {
    res.getHeader = (name) => (name === 'ETag' ? '"own"' : 'text/own');
  },
  'an own header()': (res) => {
    res.header = () => res;
  },
  'an own write()': (res) => {
    res.write = () => true;
  },
  'an own writeHead()': (res) => {
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => Response;
    res.writeHead = (...args: unknown[]) => {
      res.setHeader('X-Own', 'writeHead');
      return writeHead(...args);
    };
  },
  'an own end()': (res) => {
    const end = res.end.bind(res) as (...args: unknown[]) => Response;
    res.end = (...args: unknown[]) => {
      if (!res.headersSent) res.setHeader('X-Own', `end of ${typeof args[0]} ${String(args[1])}`);
      return end(...args);
    };
  },
  'an own send()': (res) => {
    const send = res.send.bind(res);
    res.send = (body) => {
      res.send = send;
      return res.set('X-Own', 'send').send(body);
    };
  },
  'a prototype of its own': (res) => {
    const parent = Object.getPrototypeOf(res) as Response;
    Object.setPrototypeOf(res, {
      __proto__: parent,
      setHeader: (name: string, value: string) => parent.setHeader.call(res, `X-${name}`, value),
    });
  },
};

const sending: Record<string, Act> = {
  'a text': (res) => res.send('hello'),
  'no text': (res) => res.send(''),
  'beyond ASCII': (res) => res.send('h\u00e9llo'),
  'long text': (res) => res.send('x'.repeat(2000)),
  bytes: (res) => res.send(Buffer.from('hello')),
  'other bytes': (res) => res.send(new Uint8Array([104, 105])),
  null: (res) => res.send(null),
  undefined: (res) => res.send(undefined),
  true: (res) => res.send(true),
  'a number': (res) => res.send(42),
  'an object': (res) => res.send({ a: '<b>', c: [1, 'd'] }),
  json: (res) => res.json({ a: '<b>', c: [1, 'd'] }),
  'json of a text': (res) => res.json('a'),
  'json of nothing': (res) => res.json(undefined),
  jsonp: (res) => res.jsonp({ a: '\u2028' }),
  sendStatus: (res) => res.sendStatus(202),
  redirect: (res) => {
    res.redirect('/b');
  },
  end: (res) => res.end('hello'),
};

/** The requests of a connection. Where answers are alike, later ones may be told from memory. */
function requestsOf(way: string): string {
  const target = `/?callback=f&way=${encodeURIComponent(way)}`;
  const requests = [
    bytesOf('GET', target),
    bytesOf('GET', target, ['Accept: text/html']),
    bytesOf('HEAD', target),
    bytesOf('POST', target, [], ''),
    bytesOf('GET', target, [`If-None-Match: ${etag}`]),
    bytesOf('GET', target, ['If-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT']),
  ];
  return [...requests, bytesOf('GET', target, ['Connection: close'])].join('');
}

/** Acts; an error is the answer, where there can be one. */
function attempt(acts: Act[], res: Response, req: Request): void {
  try {
    for (const act of acts) act(res, req);
  } catch (error) {
    try {
      res.writeHead(500).end(String(error));
    } catch {
      req.socket.destroy();
    }
  }
}

test.each(Object.entries(before))('%s, then sent in every way', async (_, prepare) => {
  const ways = Object.keys(sending);
  await expectSame({
    app: (app) => {
      app.use((req, res) => {
        const send = sending[req.query.way as string];
        res.on('error', () => undefined);
        attempt(send === undefined ? [] : [prepare, send], res, req);
      });
    },
    // Together: some of these answers promise more than they send, and nobody would know where they end.
    connections: ways.map((way) => (client) => client.send(requestsOf(way)).ended()),
  });
});
