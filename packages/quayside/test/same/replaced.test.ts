// Services, and agents in them, that put functions of their own in the places of Node's and Express's.
import { ServerResponse } from 'node:http';
import express, { type Express, type Response } from 'express';
import { bytesOf } from '../../harness/bytes';
import { expectSame } from './both';

type Method = (this: Response, ...args: unknown[]) => unknown;
type Methods = Record<string, Method>;

const node = ServerResponse.prototype as unknown as Methods;
const outgoing = Object.getPrototypeOf(node) as Methods;
const own = express.response as unknown as Methods;

/** Puts functions around methods of a prototype. */
function wrap(prototype: Methods, wrappers: Record<string, (method: Method) => Method>): void {
  for (const [name, wrapper] of Object.entries(wrappers)) {
    const method = prototype[name];
    if (method === undefined) throw new Error(`there is no ${name}()`);
    const had = Object.hasOwn(prototype, name);
    prototype[name] = wrapper(method);
    undo.push(() => {
      if (had) prototype[name] = method;
      else Reflect.deleteProperty(prototype, name);
    });
  }
}
const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

/** A wrapper that sets a header first, while that can be done. */
const tracing =
  (name: string) =>
  (method: Method): Method =>
    function (...args) {
      if (!this.headersSent && this.getHeader(name) === undefined) outgoing.setHeader?.call(this, name, '1');
      return method.apply(this, args);
    };

/** A setHeader() of another Content-Type. */
const inUpperCase = (method: Method): Method =>
  function (name, value) {
    return method.call(this, name, name === 'Content-Type' ? String(value).toUpperCase() : value);
  };

const replacements: Record<string, () => void> = {
  "an agent around Node's writeHead()": () => {
    wrap(node, { writeHead: tracing('X-Traced') });
  },
  "an agent around Node's end() and write()": () => {
    wrap(node, { end: tracing('X-Traced'), write: tracing('X-Traced') });
  },
  "Node's setHeader(), with other values": () => {
    wrap(outgoing, { setHeader: inUpperCase });
  },
  "Node's getHeader()": () => {
    wrap(outgoing, {
      getHeader: (method) =>
        function (name) {
          return name === 'Content-Type' ? 'text/x-own' : method.call(this, name);
        },
    });
  },
  "Express's send() for all apps": () => {
    wrap(own, { send: tracing('X-Sent') });
  },
  "Express's json() for all apps": () => {
    wrap(own, {
      json: (method) =>
        function (body) {
          return method.call(this, { data: body });
        },
    });
  },
  "Express's set(), get() and type() for all apps": () => {
    wrap(own, { set: tracing('X-Set'), get: tracing('X-Got'), type: tracing('X-Typed') });
  },
  "Express's writeHead() for all apps": () => {
    own.writeHead = function (...args) {
      this.setHeader('X-Head', '1');
      return node.writeHead?.apply(this, args);
    };
    undo.push(() => {
      delete own.writeHead;
    });
  },
  'the request by one that is always fresh': () => {
    const fresh = Object.getOwnPropertyDescriptor(express.request, 'fresh');
    Object.defineProperty(express.request, 'fresh', { configurable: true, get: () => true });
    undo.push(() => Object.defineProperty(express.request, 'fresh', fresh ?? {}));
  },
};

/** What a service does with one app, and where. */
const ofOneApp: Record<string, (app: Express) => void> = {
  'an ETag function of its own': (app) => app.set('etag', () => '"own"'),
  'an ETag function under its inner name': (app) => app.set('etag fn', () => '"own"'),
  'no ETags': (app) => app.disable('etag'),
  'settings for JSON': (app) => app.set('json spaces', 2).set('json escape', true),
  'a set() of its own': (app) => {
    const set = app.set.bind(app) as (...args: unknown[]) => Express;
    app.set = (...args: unknown[]) => set(...(args[0] === 'etag' && args.length === 2 ? ['etag', 'strong'] : args));
    app.set('etag', 'weak');
  },
  'a get() of its own': (app) => {
    const get = app.get.bind(app) as (...args: unknown[]) => unknown;
    app.get = ((...args: unknown[]) => (args[0] === 'etag fn' ? () => '"own"' : get(...args))) as typeof app.get;
  },
  'methods of its own': (app) => {
    wrap(app.response as unknown as Methods, { send: tracing('X-Sent'), setHeader: inUpperCase });
  },
  'a writeHead() of its own': (app) => {
    wrap(app.response as unknown as Methods, { writeHead: tracing('X-Head') });
  },
  'another response altogether': (app) => {
    app.response = Object.create(app.response, {
      end: { value: tracing('X-End')(node.end ?? (() => undefined)) },
    }) as Response;
  },
};

function service(app: Express): void {
  app.get('/text', (_req, res) => {
    res.type('text').send('text');
  });
  app.get('/html', (_req, res) => {
    res.send('html');
  });
  app.get('/json', (_req, res) => {
    res.json({ a: 1 });
  });
  app.get('/list', (_req, res) => {
    res.writeHead(200, ['X-A', '1', 'X-B', '2']).end('list');
  });
  app.get('/written', (_req, res) => {
    res.write('written');
    res.end();
  });
  app.use(
    '/mounted',
    express().use((_req, res) => {
      res.send('mounted');
    }),
  );
}

const paths = ['/text', '/html', '/json', '/list', '/written', '/mounted'];
const requests = paths.flatMap((path) => [bytesOf('GET', path), bytesOf('GET', path), bytesOf('HEAD', path)]);

describe.each(Object.entries(replacements))('%s', (_, replace) => {
  test('before the app is made', async () => {
    replace();
    await expectSame({ app: service, connections: [requests] });
  });

  test('when it has served', async () => {
    const app = (app: Express) => {
      app.get('/replace', (_req, res) => {
        replace();
        res.end();
      });
      service(app);
    };
    // The other server is to find what was there before.
    const restore = async () => {
      await Promise.resolve();
      for (const one of undo.splice(0).reverse()) one();
    };
    await expectSame({ app, connections: [[...requests, bytesOf('GET', '/replace'), ...requests], restore] });
  });
});

describe.each(Object.entries(ofOneApp))('one app: %s', (_, change) => {
  test('before it serves', async () => {
    const changed = (app: Express) => {
      change(app);
      service(app);
    };
    await expectSame({ app: changed, connections: [requests] });
  });

  test('when it has served', async () => {
    const app = (app: Express) => {
      app.get('/change', (_req, res) => {
        change(app);
        res.end();
      });
      service(app);
    };
    await expectSame({ app, connections: [[...requests, bytesOf('GET', '/change'), ...requests]] });
  });
});
