import express from 'express';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../harness/paths';
import { createServiceOf } from '../../src/http/service';
import { reasonOf } from '../../src/process/failure';

const express4 = createRequire(__filename)('express4') as typeof express;

/** What is said where createApp() is this. */
const problemOf = (createApp: unknown, file = '/srv/app.js') =>
  createServiceOf({ createApp }, file).then(() => 'none', reasonOf);

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable(express(), {});
  revoke();
  return proxy;
};
const throwing = new Proxy(express(), {
  get() {
    throw new Error('not to be read');
  },
});
const handler = () => undefined;
const hint = '; express().use(handler) makes one of any handler';

test.each([
  ['undefined', () => undefined, 'undefined', ''],
  ['null', () => null, 'null', ''],
  ['a number', () => 42, 'number', ''],
  ['a promise of a text', () => Promise.resolve('app'), 'string', ''],
  [
    'a thenable of a symbol',
    () => ({
      then: (resolve: (value: symbol) => void) => {
        resolve(Symbol('app'));
      },
    }),
    'symbol',
    '',
  ],
  ['a handler', () => handler, 'function', hint],
  ['a router', () => express.Router(), 'function', hint],
  ['express itself', () => express, 'function', hint],
  ['what can disable() alone', () => Object.assign(() => undefined, { disable: () => undefined }), 'function', hint],
  ['an object', () => ({ disable: () => undefined, set: () => undefined }), 'object', hint],
  ['an object without a prototype', () => Object.create(null) as object, 'object', hint],
  [
    'an object whose getters throw',
    () => ({
      get disable() {
        throw new Error('no');
      },
    }),
    'object',
    hint,
  ],
])('%s is no app', async (_, createApp, what, more) => {
  expect(await problemOf(createApp)).toBe(`/srv/app.js returns ${what} from createApp: expected an Express app${more}`);
});

test('a Proxy of an app is one, where it can be read', async () => {
  const app = new Proxy(express(), {});
  expect((await createServiceOf({ createApp: () => Promise.resolve(app) }, '/srv/app.js')).app).toBe(app);
});

test('a Proxy that cannot be read is said', async () => {
  // Where it is awaited, whether it is a promise, it throws itself.
  expect(await problemOf(revoked)).toMatch(/^TypeError: .*revoked/);
  expect(await problemOf(() => throwing)).toMatch(/^Error: not to be read\n +at .*service\.test\.ts/);
  const own = new Proxy(express(), {
    get(app, name) {
      if (name === 'then') return undefined;
      throw new Error(`not to be read: ${String(name)}`);
    },
  });
  expect(await problemOf(() => own)).toBe(
    `/srv/app.js returns function from createApp: expected an Express app${hint}`,
  );
});

test('what createApp() throws comes with its trace, or with the file where it has none', async () => {
  const fail = (thrown: unknown) => () => {
    throw thrown;
  };
  expect(await problemOf(fail(new Error('no database')))).toMatch(/^Error: no database\n +at .*service\.test\.ts/);
  expect(await problemOf(fail('no database'))).toBe('/srv/app.js, createApp: no database was thrown');
  expect(await problemOf(fail(Object.create(null)))).toBe(
    '/srv/app.js, createApp: something was thrown that cannot be read',
  );
});

describe('an app of Express 4', () => {
  const expected = 'from createApp: expected Express 5; install express@5, or mount it: express().use(app)';

  test('is named', async () => {
    // The file's own Express is 5: it has this app from elsewhere.
    const file = join(root, 'app.js');
    expect(await problemOf(() => express4(), file)).toBe(`${file} returns an Express 4 app ${expected}`);
    expect(await problemOf(() => express4(), '/app.js')).toBe(`/app.js returns an Express 4 app ${expected}`);
  });

  test('is named with its version, where the file has it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
    mkdirSync(join(dir, 'node_modules'));
    symlinkSync(join(root, 'node_modules/express4'), join(dir, 'node_modules/express'));
    const file = join(dir, 'app.js');
    expect(await problemOf(() => express4(), file)).toMatch(/ returns an Express 4 app \(express 4\.\d+\.\d+\) from /);
    rmSync(dir, { recursive: true });
  });

  test('may be mounted in one of Express 5', async () => {
    const app = express().use(express4());
    expect((await createServiceOf({ createApp: () => app }, '/srv/app.js')).app).toBe(app);
  });
});

describe('an object with an app', () => {
  const app = express();

  test('may have functions, which keep their object', async () => {
    class Shop {
      app = app;
      state = 'closed';
      close() {
        return this.state;
      }
    }
    const service = await createServiceOf({ createApp: () => new Shop() }, '/srv/app.js');
    expect(Object.keys(service)).toEqual(['app', 'close']);
    expect(service.close?.()).toBe('closed');
  });

  test.each([
    ['app: undefined', { app: undefined }, 'an Express app'],
    ['app: function', { app: handler }, `an Express app${hint}`],
    ['drain: string', { app, drain: 'now' }, 'a function'],
    ['close: null', { app, close: null }, 'a function'],
    ['metrics: function', { app, metrics: handler }, 'a Registry of prom-client'],
    ['metrics: null', { app, metrics: null }, 'a Registry of prom-client'],
  ])('with %s is refused', async (what, made, expected) => {
    expect(await problemOf(() => made)).toBe(`/srv/app.js returns { ${what} } from createApp: expected ${expected}`);
  });
});
