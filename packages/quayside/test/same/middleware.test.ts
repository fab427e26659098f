// The middleware that many services have.
import type { ServerResponse } from 'node:http';
import compression from 'compression';
import cookieParser from 'cookie-parser';
import cors from 'cors';
import express, { type RequestHandler, type Response } from 'express';
import session from 'express-session';
import helmet from 'helmet';
import morgan from 'morgan';
import multer from 'multer';
import onHeaders from 'on-headers';
import { bytesOf, headerOf } from '../../harness/bytes';
import { testSame } from './both';

const get = (target: string, ...headers: string[]) => bytesOf('GET', target, headers);
const says =
  (text: string): RequestHandler =>
  (_req, res) => {
    res.send(text);
  };
const long = 'All work and no play. '.repeat(2000);
const form = (...parts: string[]) =>
  bytesOf(
    'POST',
    '/',
    ['Content-Type: multipart/form-data; boundary=b'],
    [...parts.map((part) => `--b\r\nContent-Disposition: form-data; ${part}\r\n`), '--b--\r\n'].join(''),
  );

testSame([
  {
    name: 'compression',
    app: (app) => {
      app.use(compression());
      app.get('/long', says(long));
      app.get('/short', says('short'));
      app.get('/json', (_req, res) => {
        res.json({ long });
      });
      app.get('/written', (_req, res) => {
        res.type('text').write(long);
        res.flush();
        res.end('end');
      });
      app.get('/length', (_req, res) => {
        res.set('Content-Length', String(long.length)).type('text').end(long);
      });
      app.get('/no-transform', (_req, res) => {
        res.set('Cache-Control', 'no-transform').send(long);
      });
      app.get('/head', (_req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/plain', 'X-A': ['1', '2'] });
        res.end(long);
      });
    },
    connections: [
      ['/long', '/short', '/json', '/written', '/length', '/no-transform', '/head'].flatMap((path) => [
        get(path, 'Accept-Encoding: gzip'),
        get(path, 'Accept-Encoding: gzip'),
        get(path, 'Accept-Encoding: identity'),
        get(path, 'Accept-Encoding: br;q=0.5, deflate'),
        bytesOf('HEAD', path, ['Accept-Encoding: gzip']),
      ]),
    ],
  },
  {
    name: 'helmet',
    app: (app) => {
      app.use(helmet()).get('/', says('safe'));
    },
    connections: [[get('/'), get('/'), bytesOf('HEAD', '/')]],
  },
  {
    name: 'cors',
    app: (app) => {
      app.use(cors({ origin: ['http://b'], credentials: true, exposedHeaders: ['X-A'] })).get('/', says('shared'));
    },
    connections: [
      [
        get('/', 'Origin: http://b'),
        get('/', 'Origin: http://c'),
        bytesOf('OPTIONS', '/', ['Origin: http://b', 'Access-Control-Request-Method: PUT']),
        bytesOf('OPTIONS', '/', ['Origin: http://b', 'Access-Control-Request-Headers: X-B']),
      ],
    ],
  },
  {
    name: 'morgan',
    app: (app, note) => {
      const write = (line: string) => {
        note(line);
      };
      app.use(morgan(':method :url :status :res[content-length] :res[etag] :http-version', { stream: { write } }));
      app.use(
        morgan('tiny', {
          immediate: true,
          stream: {
            write: (line) => {
              note(line);
            },
          },
        }),
      );
      app.get('/', says('logged'));
      app.get('/written', (_req, res) => {
        res.writeHead(201, { 'Content-Length': 2 });
        res.end('ok');
      });
    },
    connections: [[get('/'), get('/'), get('/written'), bytesOf('HEAD', '/')]],
    notes: 8,
  },
  {
    name: 'express-session',
    app: (app) => {
      app.use(session({ secret: 's', resave: false, saveUninitialized: false, genid: () => 'id', rolling: true }));
      app.get('/in', (req, res) => {
        Object.assign(req.session, { user: 'a' });
        res.send('in');
      });
      app.get('/out', (req, res, next) => {
        req.session.destroy((error: unknown) => {
          if (error) next(error);
          else res.json('out');
        });
      });
      app.get('/written', (req, res) => {
        res.write('a');
        res.end('b');
      });
      app.use((req, res) => {
        res.send((req.session as { user?: string }).user ?? 'nobody');
      });
    },
    connections: [
      async (client) => {
        await client.send(get('/')).answered();
        await client.send(get('/in')).answered();
        const [cookie = ''] = headerOf(client.answers.at(-1)?.head ?? '', 'Set-Cookie')?.split(';') ?? [];
        for (const path of ['/', '/written', '/out', '/']) await client.send(get(path, `Cookie: ${cookie}`)).answered();
        await client.send(get('/', 'Cookie: connect.sid=s%3Aid.wrong')).answered();
      },
    ],
  },
  {
    name: 'cookie-parser',
    app: (app) => {
      app.use(cookieParser('s')).get('/', (req, res) => {
        res.cookie('signed', 'v', { signed: true, httpOnly: true, sameSite: 'lax' });
        res.json([req.cookies, req.signedCookies]);
      });
    },
    connections: [
      [get('/'), get('/', 'Cookie: a=b; c=j%3A%7B%22d%22%3A1%7D; signed=s%3Av.wrong'), get('/', 'Cookie: ;;=')],
    ],
  },
  {
    name: 'multer',
    app: (app) => {
      const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 10 } });
      app.post('/', upload.single('file'), (req, res) => {
        res.json([req.body, req.file?.originalname, req.file?.buffer.toString('latin1')]);
      });
    },
    connections: [
      [
        form('name="a"\r\n\r\n1', 'name="file"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\ncontent'),
        form('name="a"\r\n\r\n1'),
        form('name="other"; filename="f.txt"\r\n\r\ncontent'),
        form('name="file"; filename="f.txt"\r\n\r\nmore than ten bytes'),
        bytesOf('POST', '/', ['Content-Type: multipart/form-data'], 'no boundary'),
        bytesOf('POST', '/', ['Content-Type: multipart/form-data; boundary=b'], '--b\r\nhalf'),
      ],
    ],
  },
  {
    name: 'on-headers',
    app: (app) => {
      app.use((_req, res, next) => {
        onHeaders(res, function (this: ServerResponse) {
          // The page of an unknown path has a type of its own behind each server.
          if (this.statusCode < 400) this.setHeader('X-Type', String(this.getHeader('Content-Type')));
          this.removeHeader('X-Removed');
        });
        next();
      });
      app.get('/', says('hello'));
      app.get('/head', (_req, res) => {
        res.set('X-Removed', '1').writeHead(200, 'Fine', { 'Content-Type': 'text/plain' });
        res.end('hello');
      });
      app.get('/list', (_req, res) => {
        res.writeHead(200, ['Content-Type', 'text/plain', 'X-A', '1']);
        res.end('hello');
      });
      app.get('/written', (_req, res) => {
        res.write('a');
        res.end();
      });
    },
    connections: [[get('/'), get('/head'), get('/list'), get('/written'), get('/'), get('/none')]],
  },
  {
    name: 'a middleware that changes the body of json()',
    app: (app) => {
      app.use((_req, res, next) => {
        const json = res.json.bind(res);
        res.json = (body) => {
          res.json = json;
          return json({ data: body as unknown });
        };
        next();
      });
      app.get('/', (_req, res) => {
        res.json({ a: 'ü' });
      });
      app.get('/sent', (_req, res) => {
        res.send({ a: 1 });
      });
    },
    connections: [[get('/'), get('/'), get('/sent'), get('/sent')]],
  },
  {
    name: 'a middleware that sees the body by write() and end()',
    app: (app, note) => {
      app.use((_req, res, next) => {
        const seen: string[] = [];
        const write = res.write.bind(res) as (...args: unknown[]) => boolean;
        const end = res.end.bind(res) as (...args: unknown[]) => Response;
        res.write = (...args: unknown[]) => {
          seen.push(`${typeof args[0]}: ${String(args[0])}`);
          return write(...args);
        };
        res.end = (...args: unknown[]) => {
          seen.push(`${typeof args[0]}: ${String(args[0])}`);
          note(seen.join(', '));
          return end(...args);
        };
        next();
      });
      app.get('/', says('hello'));
      app.get('/json', (_req, res) => {
        res.json({ a: 1 });
      });
      app.get('/written', (_req, res) => {
        res.write('a');
        res.end('b');
      });
    },
    connections: [[get('/'), get('/'), get('/json'), get('/json'), get('/written'), bytesOf('HEAD', '/')]],
    notes: 6,
  },
  {
    name: 'a middleware that changes the body in end()',
    app: (app) => {
      app.use((_req, res, next) => {
        const end = res.end.bind(res);
        res.end = (chunk?: unknown) => {
          const body = chunk === undefined ? '' : `${Buffer.from(chunk as Uint8Array).toString()} and more`;
          res.setHeader('Content-Length', body.length);
          return end(body, 'utf8');
        };
        next();
      });
      app.get('/', says('hello'));
    },
    connections: [[get('/'), get('/'), bytesOf('HEAD', '/')]],
  },
  {
    name: 'several of them together',
    app: (app) => {
      app.use(helmet(), cors(), compression({ threshold: 0 }), cookieParser(), express.json());
      app.use(session({ secret: 's', resave: true, saveUninitialized: true, genid: () => 'id' }));
      app.all('/', (req, res) => {
        res.cookie('a', 'b').json([req.body, req.cookies, long]);
      });
    },
    connections: [
      [
        get('/', 'Accept-Encoding: gzip'),
        bytesOf('POST', '/', ['Content-Type: application/json'], '{"a":1}'),
        bytesOf('POST', '/', ['Content-Type: application/json', 'Accept-Encoding: identity'], '{"a":'),
      ],
    ],
  },
]);
