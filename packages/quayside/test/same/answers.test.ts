// What Express itself does with requests and answers.
import { mkdtempSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { Router, type ErrorRequestHandler, type RequestHandler } from 'express';
import { bytesOf } from '../../harness/bytes';
import { testSame } from './both';

const get = (target: string, ...headers: string[]) => bytesOf('GET', target, headers);
const head = (target: string, ...headers: string[]) => bytesOf('HEAD', target, headers);
const says =
  (text: string): RequestHandler =>
  (_req, res) => {
    res.send(text);
  };

const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
const changed = new Date('2026-11-23T00:00:00Z');
mkdirSync(join(dir, 'sub'));
for (const [path, content] of [
  ['a.txt', '0123456789'.repeat(20)],
  ['ü b.html', '<p>ü'],
  ['large.bin', 'x'.repeat(300_000)],
  ['empty', ''],
  ['.hidden', 'hidden'],
  ['sub/index.html', 'index'],
  ['view.ejs', '<p><%= name %><%- include("part", { list }) %>'],
  ['part.ejs', '<% for (const one of list) { %><i><%= one %></i><% } %>'],
  ['broken.ejs', '<%= nothing.at.all %>'],
] as const) {
  writeFileSync(join(dir, path), content);
  utimesSync(join(dir, path), changed, changed);
}
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const since = `If-Modified-Since: ${changed.toUTCString()}`;
const ranges = ['0-9', '10-', '-5', '0-0,2-3', '5-1', '500-', '0-1000', 'x'].map((range) => `Range: bytes=${range}`);

testSame([
  {
    name: 'texts, JSON and bytes, asked for twice',
    app: (app) => {
      app.set('json spaces', 1).set('json escape', true);
      app.set('json replacer', (key: string, value: unknown) => (key === 'secret' ? undefined : value));
      app.get('/text', says('text'));
      app.get('/unicode', says('\u00fc \u{1f40b}'));
      app.get('/bytes', (_req, res) => {
        res.send(Buffer.from([0, 255]));
      });
      app.get('/json', (_req, res) => {
        res.json({ a: '<&>', secret: 1, list: [1, null] });
      });
      app.get('/jsonp', (_req, res) => {
        res.jsonp({ a: '\u2028<' });
      });
      app.get('/status', (_req, res) => {
        res.sendStatus(418);
      });
      for (const status of [201, 204, 205, 304, 404, 500]) {
        app.get(`/${String(status)}`, (_req, res) => {
          res.status(status).send('text');
        });
      }
    },
    connections: [
      ['/text', '/unicode', '/bytes', '/json', '/jsonp?callback=f', '/jsonp?callback[]=g', '/jsonp', '/status'].flatMap(
        (path) => [get(path), get(path), head(path)],
      ),
      ['/201', '/204', '/205', '/304', '/404', '/500'].flatMap((path) => [get(path), get(path), head(path)]),
    ],
  },
  {
    name: 'conditional requests',
    app: (app) => {
      app.get('/', says('text'));
      app.get('/dated', (_req, res) => {
        res.set('Last-Modified', changed.toUTCString()).send('text');
      });
      app.get('/tagged', (_req, res) => {
        res.set('ETag', '"1"').json({ a: 1 });
      });
      app.post('/', says('text'));
    },
    connections: [
      [
        get('/'),
        get('/', 'If-None-Match: W/"4-QOyQQPDQpbbkBGWKnIQeULwZJIA"'),
        get('/', 'If-None-Match: *'),
        get('/', 'If-None-Match: "a", W/"b"'),
        get('/', 'If-None-Match: *', 'Cache-Control: no-cache'),
        get('/dated', since),
        get('/dated', 'If-Modified-Since: Sun, 22 Nov 2026 00:00:00 GMT'),
        get('/dated', 'If-Modified-Since: never'),
        head('/dated', since),
        get('/tagged', 'If-None-Match: "1"'),
        get('/tagged', 'If-None-Match: W/"1"', 'If-Match: "2"'),
        bytesOf('POST', '/', ['If-None-Match: *'], ''),
      ],
    ],
  },
  {
    name: 'redirect(), location(), links(), vary(), append() and attachment()',
    app: (app) => {
      app.get('/redirect', (_req, res) => {
        res.redirect('/\u00fc?a=b c');
      });
      app.get('/301', (_req, res) => {
        res.redirect(301, 'http://b/"<');
      });
      app.get('/location', (_req, res) => {
        res.status(201).location('/a b').end();
      });
      app.get('/headers', (_req, res) => {
        res
          .links({ next: '/2', last: '/9' })
          .vary('Accept')
          .vary('Origin')
          .append('X-A', ['1', '2'])
          .append('X-A', '3');
        res
          .append('Warning', '199')
          .attachment('\u00fc "a".txt')
          .set({ 'X-B': '4', 'X-C': ['5', '6'] })
          .send('text');
      });
      app.get('/cookies', (_req, res) => {
        res.cookie('a', { b: 1 }, { maxAge: 0, path: '/p', secure: true, sameSite: 'strict', partitioned: true });
        res.cookie('c', 'ü ;').clearCookie('d', { path: '/q' }).end('text');
      });
    },
    connections: [
      [
        get('/redirect'),
        get('/redirect', 'Accept: text/plain'),
        get('/redirect', 'Accept: application/json'),
        head('/redirect'),
        get('/301'),
        get('/location'),
        get('/headers'),
        get('/cookies'),
      ],
    ],
  },
  {
    name: 'format() and what a request accepts',
    app: (app) => {
      app.get('/', (req, res) => {
        res.format({
          text: () => res.send('text'),
          html: () => res.send('<p>html'),
          json: () => res.send({ lang: req.acceptsLanguages('en', 'de'), is: req.is('json'), range: req.range(10) }),
        });
      });
      app.get('/default', (_req, res) => {
        res.format({ json: () => res.json('json'), default: () => res.send('default') });
      });
    },
    connections: [
      [
        get('/'),
        get('/', 'Accept: application/json', 'Accept-Language: de, en;q=0.5', 'Range: bytes=1-2'),
        get('/', 'Accept: text/*;q=0.5, text/html'),
        get('/', 'Accept: image/png'),
        get('/default', 'Accept: image/png'),
      ],
    ],
  },
  {
    name: 'what a service reads of a request',
    app: (app, note) => {
      app.set('query parser', 'extended').set('trust proxy', 'loopback');
      app.all('/*all', (req, res) => {
        const { method, url, originalUrl, path, query, params, hostname, host, ip, ips, protocol, secure, xhr } = req;
        const { subdomains, httpVersion, rawHeaders, fresh, stale } = req;
        res.json({ method, url, originalUrl, path, query, params, hostname, host, ip, ips, protocol, secure, xhr });
        note(JSON.stringify([subdomains, httpVersion, rawHeaders, fresh, stale]));
      });
    },
    connections: [
      [
        get('/a%20b/c?d[e]=f&g=1&g=2', 'X-Forwarded-For: 1.2.3.4, 5.6.7.8', 'X-Forwarded-Proto: https'),
        get('//double//slash?', 'X-Requested-With: XMLHttpRequest', 'X-Forwarded-Host: b.c.d:1'),
        get('http://other:8080/absolute?q#f'),
        get('/', 'Cookie: a=1', 'Cookie: b=2', 'X-A: 1', 'X-A: 2', 'Age: 1', 'Age: 2', '__proto__: x'),
        bytesOf('PROPFIND', '/dav'),
        bytesOf('OPTIONS', '*'),
      ],
    ],
  },
  {
    name: 'express.static',
    app: (app) => {
      app.use(express.static(dir, { maxAge: '1h', extensions: ['html'] }));
      app.use(
        '/strict',
        express.static(dir, { fallthrough: false, index: false, redirect: false, immutable: true, maxAge: 1 }),
      );
      app.use(
        '/plain',
        express.static(dir, {
          etag: false,
          lastModified: false,
          cacheControl: false,
          acceptRanges: false,
          dotfiles: 'allow',
        }),
      );
    },
    connections: [
      [
        ...['/a.txt', '/large.bin', '/empty', '/%C3%BC%20b.html', '/%C3%BC%20b', '/sub', '/sub/', '/.hidden', '/none'],
        ...['/..%2f..%2fetc/passwd', '/%00', '/%zz', '/strict/a.txt', '/strict/sub', '/strict/none', '/strict/.hidden'],
        ...['/plain/a.txt', '/plain/.hidden', '/a.txt/'],
      ].flatMap((path) => [get(path), head(path), bytesOf('POST', path)]),
      ranges.flatMap((range) => [
        get('/a.txt', range),
        head('/a.txt', range),
        get('/plain/a.txt', range),
        get('/empty', range),
      ]),
      [
        get('/a.txt', since),
        get('/a.txt', 'If-Unmodified-Since: Sun, 22 Nov 2026 00:00:00 GMT'),
        get('/a.txt', 'If-None-Match: *'),
        get('/a.txt', 'If-Match: "other"'),
        get('/a.txt', 'Range: bytes=0-1', `If-Range: ${changed.toUTCString()}`),
        get('/a.txt', 'Range: bytes=0-1', 'If-Range: "other"'),
      ],
    ],
  },
  {
    name: 'sendFile() and download()',
    app: (app, note) => {
      app.get('/file', (_req, res) => {
        res.sendFile('a.txt', { root: dir, headers: { 'X-A': '1' }, maxAge: 1000 });
      });
      app.get('/absolute', (_req, res, next) => {
        res.sendFile(join(dir, 'large.bin'), (error?: Error) => {
          note(`sent ${String(error)}`);
          if (error) next(error);
        });
      });
      app.get('/none', (_req, res) => {
        res.sendFile('none', { root: dir });
      });
      app.get('/outside', (_req, res) => {
        res.sendFile('../a', { root: dir });
      });
      app.get('/relative', (_req, res) => {
        res.sendFile('a.txt');
      });
      app.get('/folder', (_req, res) => {
        res.sendFile('sub', { root: dir });
      });
      app.get('/download', (_req, res) => {
        res.download(join(dir, 'ü b.html'), 'ä "b".txt');
      });
    },
    connections: [
      [
        ...['/file', '/absolute', '/none', '/outside', '/relative', '/folder', '/download'].flatMap((path) => [
          get(path),
          head(path),
        ]),
        get('/file', since),
        ...ranges.map((range) => get('/file', range)),
      ],
    ],
    notes: 2,
  },
  {
    name: 'ejs views',
    app: (app) => {
      app.set('views', dir).set('view engine', 'ejs');
      app.locals.name = 'app';
      app.get('/', (_req, res) => {
        res.render('view', { list: ['a', '<b>'] });
      });
      app.get('/named', (_req, res) => {
        res.locals.name = 'ü';
        res.status(202).render('view.ejs', { list: [] });
      });
      app.get('/broken', (_req, res) => {
        res.render('broken');
      });
      app.get('/none', (_req, res) => {
        res.render('none');
      });
      app.get('/called', (_req, res) => {
        res.render('view', { name: 'called', list: [] }, (_error, html) => {
          res.type('text').send(html);
        });
      });
    },
    connections: [['/', '/', '/named', '/broken', '/none', '/called'].map((path) => get(path)), [head('/')]],
  },
  {
    name: 'errors, handled and not',
    app: (app) => {
      const fail: RequestHandler = () => {
        throw Object.assign(new Error('failed'), { status: 418, headers: { 'Retry-After': '9' } });
      };
      app.get('/thrown', fail);
      app.get('/rejected', () => Promise.reject(new Error('rejected')));
      app.get('/late', async (_req, res) => {
        await Promise.resolve();
        res.status(403);
        throw new Error('late');
      });
      app.get('/text', (_req, _res, next) => {
        next('a text');
      });
      app.get('/half', (_req, res) => {
        res.type('text').write('half');
        throw new Error('half');
      });
      app.get('/after', (_req, res) => {
        res.send('whole');
        throw new Error('after');
      });
      app.get('/status', (_req, res) => {
        res.status(99);
      });
      app.get('/header', (_req, res) => {
        res.set('X-A', '\n');
      });
      app.get('/message', (_req, res) => {
        res.statusMessage = '\n';
        res.send('never');
      });
      app.get('/nothing', (_req, _res, next) => {
        next();
      });
      const handle: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, next) => {
        if (res.headersSent) next(error);
        else res.status(error.status ?? 500).json({ message: error.message });
      };
      app.use('/handled', Router().get('/thrown', fail).get('/:id', says('id')).use(handle));
    },
    connections: [
      ['/thrown', '/rejected', '/late', '/text', '/status', '/header', '/nothing', '/none', '/%zz', '/handled/%zz']
        .concat('/handled/thrown', '/handled/1')
        .flatMap((path) => [get(path), head(path), bytesOf('POST', path, [], 'body')]),
      [get('/half')],
      [get('/after')],
      [get('/message')],
    ],
  },
  {
    name: 'nested routers and mounted apps',
    app: (app, note) => {
      const mounted = express().set('etag', 'strong').set('json spaces', 2).disable('x-powered-by');
      mounted.on('mount', () => {
        note('mounted');
      });
      mounted.get('/', (req, res) => {
        res.json([req.baseUrl, req.url, req.app.mountpath, req.app.path()]);
      });
      mounted.get('/text', says('mounted'));
      mounted.get('/next', (_req, _res, next) => {
        next();
      });
      mounted.get('/fails', () => {
        throw new Error('mounted');
      });
      const deep = express().set('etag', false).get('/', says('deep'));
      mounted.use('/deep', deep);
      app.use('/mounted', mounted);
      app.use(
        ['/a', '/b/:c'],
        Router({ mergeParams: true }).get('/:d', (req, res) => {
          res.json([req.params, req.baseUrl]);
        }),
      );
      app.param('id', (req, res, next, id: string) => {
        res.set('X-Id', id);
        if (id === '0') next(new Error('zero'));
        else if (id === '1') next('route');
        else next();
      });
      app.get('/id/:id', says('id'));
      app.get('/id/:id', says('other'));
      app.route('/route').get(says('got')).put(says('put'));
      app.all('/all{/*rest}', (req, res) => {
        res.json(req.params);
      });
      app.use('/unmounted', (req, res, next) => {
        deep(req, res, next);
      });
      app.get('/mounted/next', says('next'));
    },
    connections: [
      ['/mounted', '/mounted/', '/mounted/text', '/mounted/text', '/mounted/next', '/mounted/fails', '/mounted/deep']
        .concat(
          '/mounted/none',
          '/a/1',
          '/b/2/3',
          '/id/0',
          '/id/1',
          '/id/2',
          '/route',
          '/all',
          '/all/a/b/c',
          '/unmounted',
        )
        .flatMap((path) => [get(path), head(path), bytesOf('OPTIONS', path), bytesOf('PUT', path, [], '')]),
    ],
  },
]);
