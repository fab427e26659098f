import express, { Router, type RequestHandler } from 'express';
import { fetch } from '../../harness/fetch';
import { serve } from './observer';

/** In the place of what a client may say: it is in no pattern. */
const OWN = '42xyz';

const answer: RequestHandler = (_req, res) => {
  res.send('answer');
};
const fail: RequestHandler = () => {
  throw new Error('fail');
};

/** A service with a route of each kind. */
function service() {
  const deepest = Router().get('/c/:c', answer).get('/fails', fail);
  const nested = Router().use('/b/:b', deepest);
  const posts = Router().get('/posts', answer).get('/', answer).get('/fails', fail).use('/a', nested);
  const twice = Router().get('/twice/:id', answer);
  const sub = express();
  sub.get('/x/:x', answer);
  sub.use('/router', Router().get('/y/:y', answer));
  const subSub = express();
  subSub.get('/z/:z', answer);
  sub.use('/subsub', subSub);

  const app = express();
  app.use('/middleware', answer);
  app.use('/failing-middleware', fail);
  app.get('/', answer);
  app.get('/users/:id', answer);
  app.get('/fails/:id', fail);
  app.use('/users/:id', posts);
  app.use(Router().get('/unmounted/:id', answer));
  app.get(/^\/expression\/(\d+)/, answer);
  app.get(['/one/:id', '/two/:id'], answer);
  app.use(['/three/:id', '/four/:id'], Router().get('/in', answer));
  app.use(/^\/mounted\/\d+/, Router().get('/in', answer));
  app.use('/first', twice);
  app.use('/second', twice);
  app.use('/sub', sub);
  app.route('/chained/:id').get(answer).put(fail);
  app.get('/passes/:id', (_req, _res, next) => {
    next('route');
  });
  app.get('/passes/*rest', answer);
  app.all('/all/:id', answer);
  return app;
}

test.each([
  ['/', '/'],
  [`/?${OWN}`, '/'],
  [`/users/${OWN}`, '/users/:id'],
  [`/users/${OWN}?q=${OWN}`, '/users/:id'],
  [`/users/${OWN}/posts`, '/users/:id/posts'],
  [`/users/${OWN}/a/b/${OWN}/c/${OWN}`, '/users/:id/a/b/:b/c/:c'],
  [`/unmounted/${OWN}`, '/unmounted/:id'],
  [`/expression/42${OWN}`, String.raw`/^\/expression\/(\d+)/`],
  [`/one/${OWN}`, '/one/:id,/two/:id'],
  [`/two/${OWN}`, '/one/:id,/two/:id'],
  [`/three/${OWN}/in`, '/three/:id/in'],
  [`/four/${OWN}/in`, '/three/:id/in'],
  ['/mounted/42/in', String.raw`/^\/mounted\/\d+//in`],
  [`/first/twice/${OWN}`, '/first/twice/:id'],
  [`/second/twice/${OWN}`, '/first/twice/:id'],
  [`/sub/x/${OWN}`, '/sub/x/:x'],
  [`/sub/router/y/${OWN}`, '/sub/router/y/:y'],
  [`/sub/subsub/z/${OWN}`, '/sub/subsub/z/:z'],
  [`/chained/${OWN}`, '/chained/:id'],
  [`/passes/${OWN}`, '/passes/*rest'],
  [`/all/${OWN}`, '/all/:id'],
  // Ends in an error.
  [`/fails/${OWN}`, '/fails/:id'],
  [`/users/${OWN}/fails`, '/users/:id/fails'],
  [`/users/${OWN}/a/b/${OWN}/fails`, '/users/:id/a/b/:b/fails'],
  // Comes to no route.
  [`/${OWN}`, '(none)'],
  [`/users/${OWN}/a/${OWN}`, '(none)'],
  [`/sub/${OWN}`, '(none)'],
  [`/middleware/${OWN}`, '(none)'],
  [`/failing-middleware/${OWN}`, '(none)'],
  ['/users/%zz', '(none)'],
])('the route of %s is %s', async (path, expected) => {
  const { port, ended } = await serve(service());
  // The second finds what the first has put down.
  for (const count of [1, 2]) {
    await fetch(port, path);
    expect((await ended(count)).at(-1)?.route).toBe(expected);
  }
  expect(JSON.stringify(await ended(2))).not.toContain(OWN);
});

test('a method is not a route of its own', async () => {
  const { port, ended } = await serve(service());
  await fetch(port, `/users/${OWN}`, { method: 'HEAD' });
  await fetch(port, `/chained/${OWN}`, { method: 'PUT' });
  await fetch(port, `/users/${OWN}`, { method: 'POST' });
  expect((await ended(3)).map(({ method, route, status }) => [method, route, status])).toEqual([
    ['HEAD', '/users/:id', 200],
    ['PUT', '/chained/:id', 500],
    ['POST', '(none)', 404],
  ]);
});

test('one refused before the service sees it has come to no route', async () => {
  const { port, ended } = await serve(service(), { MAX_BODY_SIZE: 1 });
  await fetch(port, `/users/${OWN}`, { headers: { 'Content-Length': 2 } }).catch(() => undefined);
  expect(await ended(1)).toMatchObject([{ route: '(none)', status: 413 }]);
});

test('a route that comes later is known, too', async () => {
  const app = service();
  const { port, ended } = await serve(app);
  await fetch(port, '/users/1');
  app.use('/late/:id', Router().get('/route', answer));
  await fetch(port, `/late/${OWN}/route`);
  expect((await ended(2))[1]?.route).toBe('/late/:id/route');
});

test('a sub-app that is mounted nowhere in particular has no prefix', async () => {
  const { port, ended } = await serve(express().use(express().get('/x/:x', answer)));
  await fetch(port, `/x/${OWN}`);
  expect((await ended(1))[0]?.route).toBe('/x/:x');
});

test("a sub-app's error is counted without its prefix until its route has answered once", async () => {
  const sub = express().get('/x/:x', (req, res) => {
    if (req.params.x === 'fail') throw new Error('fail');
    res.send('answer');
  });
  const { port, ended } = await serve(express().use('/sub', sub));
  for (const x of ['fail', OWN, 'fail']) await fetch(port, `/sub/x/${x}`);
  expect((await ended(3)).map(({ route }) => route)).toEqual(['/x/:x', '/sub/x/:x', '/sub/x/:x']);
});

describe('what is no route of Express 5', () => {
  const handler = (more: object): RequestHandler =>
    Object.assign(
      ((_req, _res, next) => {
        next();
      }) as RequestHandler,
      more,
    );
  const change =
    (how: (req: Record<string, unknown>) => void): RequestHandler =>
    (req, _res, next) => {
      how(req as unknown as Record<string, unknown>);
      next();
    };

  test.each([
    ['a handler as connect makes it', handler({ stack: [{ route: '', handle: answer }] })],
    ['a router as Express 4 makes it', handler({ stack: [{ route: { path: '/x' } }] })],
    ['a handler whose stack is no list', handler({ stack: 1, listRoutes: 1 })],
  ])('%s hides no route beside it', async (_, odd) => {
    const { port, ended } = await serve(express().use(odd).get('/users/:id', answer));
    expect((await fetch(port, '/users/1')).body).toBe('answer');
    expect((await ended(1))[0]?.route).toBe('/users/:id');
  });

  test.each([
    ['the route is a text', change((req) => (req.route = 'mine'))],
    ['the app is gone', change((req) => (req.app = undefined))],
    ['the headers are gone', change((req) => (req.headers = undefined))],
  ])('%s: the request is counted all the same', async (_, before) => {
    const app = express();
    app.get('/', before, (_req, res) => {
      res.end('answer');
    });
    const { port, ended } = await serve(app);
    expect((await fetch(port)).body).toBe('answer');
    expect((await ended(1))[0]).toMatchObject({
      status: 200,
      route: expect.stringMatching(/^\(none\)$|^\/$/) as string,
    });
  });

  test('an app whose router throws, as one of Express 4', async () => {
    const app = express().get('/', answer);
    const { port, ended } = await serve(app);
    Object.defineProperty(app, 'path', {
      value: () => {
        throw new Error('deprecated');
      },
    });
    expect((await fetch(port)).body).toBe('answer');
    expect((await ended(1))[0]).toMatchObject({ status: 200, route: '(none)' });
  });
});
