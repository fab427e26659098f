import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  bool,
  defineSettings,
  email,
  host,
  json,
  makeExactValidator,
  makeValidator,
  num,
  port,
  str,
  url,
  type ValidatorSpec,
} from '../../src';
import { ConfigError, isConfigError, settings } from '../../src/settings/config';

const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

/** @returns the path of a file that holds a text */
const fileOf = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

/** What is wrong with settings, and all that can be seen of the error. */
function failureOf(specs: Record<string, ValidatorSpec<unknown>>, env: NodeJS.ProcessEnv) {
  Object.assign(process.env, env);
  try {
    defineSettings(specs);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const shown = [error.message, error.stack, String(error), inspect(error, { depth: null, showHidden: true })];
    return { problems: error.problems, all: [...shown, JSON.stringify(error), String(error.cause)].join('\n') };
  }
  throw new Error('nothing was wrong');
}

test('values are read, validated and typed, from variables, files and defaults', () => {
  Object.assign(process.env, {
    DATABASE_URL: 'postgres://db/orders',
    POOL: '4',
    GREETING: '',
    MODE: 'fast',
    DATABASE_PASSWORD_FILE: fileOf('password', 's3cret\n'),
    LIMITS: '{"a":1}',
  });
  const own = defineSettings({
    DATABASE_URL: url(),
    DATABASE_PASSWORD: str(),
    POOL: num({ default: 10 }),
    GREETING: str({ default: 'Hello' }),
    MODE: str({ choices: ['fast', 'slow'] }),
    DEBUG: bool({ default: false }),
    PROXY: host({ default: undefined }),
    LIMITS: json<{ a: number }>(),
  });
  // tsc checks that each is of the type that it says.
  const typed: {
    DATABASE_URL: string;
    DATABASE_PASSWORD: string;
    POOL: number;
    GREETING: string;
    MODE: 'fast' | 'slow';
    DEBUG: boolean;
    LIMITS: { a: number };
  } = own;
  // @ts-expect-error -- It may be missing.
  const proxy: string = own.PROXY;
  // @ts-expect-error -- It may be the other.
  const slow: 'slow' = own.MODE;
  // @ts-expect-error -- Nobody has declared it.
  expect(own.OTHER).toBeUndefined();
  // @ts-expect-error -- They are not to be changed.
  expect(() => (own.POOL = 5)).toThrow(TypeError);
  expect([proxy, slow]).toEqual([undefined, 'fast']);
  expect(typed).toEqual({
    DATABASE_URL: 'postgres://db/orders',
    DATABASE_PASSWORD: 's3cret',
    POOL: 4,
    GREETING: 'Hello',
    MODE: 'fast',
    DEBUG: false,
    LIMITS: { a: 1 },
  });
  expect(Object.getPrototypeOf(own)).toBe(Object.prototype);
  expect(Object.isFrozen(own)).toBe(true);
});

test('what a file holds gets into no variable: child processes would inherit it', () => {
  process.env.KEY_FILE = fileOf('key', 's3cret');
  const variables = { ...process.env };
  expect(defineSettings({ KEY: str() }).KEY).toBe('s3cret');
  expect({ ...process.env }).toEqual(variables);
});

test('devDefault is for any NODE_ENV but production', () => {
  const specs = { KEY: str({ devDefault: 'for development' }) };
  process.env.NODE_ENV = 'development';
  expect(defineSettings(specs).KEY).toBe('for development');
  process.env.NODE_ENV = 'production';
  expect(() => defineSettings(specs)).toThrow('KEY is not set');
});

test('one error lists every problem, in the order of their declaration', () => {
  const { problems, all } = failureOf(
    {
      MISSING: url({ example: 'postgres://db/orders', desc: 'where the orders are', docs: 'https://docs.example' }),
      BAD_URL: url(),
      BOTH: str(),
      FROM_FILE: port({ example: '5432' }),
      NO_FILE: str({ default: 'x' }),
      MODE: str({ choices: ['fast', 'slow'] }),
      FINE: str(),
    },
    {
      BAD_URL: 's3cret',
      BOTH: 's3cret',
      BOTH_FILE: 's3cret',
      FROM_FILE_FILE: fileOf('port', 's3cret'),
      NO_FILE_FILE: 's3cret',
      MODE: 's3cret',
      FINE: 's3cret',
    },
  );
  expect(problems).toEqual([
    'MISSING is not set: expected a URL, such as postgres://db/orders (where the orders are); see https://docs.example. ' +
      'Set it, or MISSING_FILE to the path of a file that holds it',
    'BAD_URL: expected a URL',
    'BOTH and BOTH_FILE are both set: expected one of the two',
    'FROM_FILE, from FROM_FILE_FILE: expected a port from 1 to 65535, such as 5432',
    'NO_FILE_FILE: expected the path of a file that holds NO_FILE, but there is no file at that path',
    'MODE: expected one of fast, slow',
  ]);
  expect(all).not.toContain('s3cret');
});

/** A validator that fails with this. */
const failing = (thrown: (value: string) => unknown) =>
  makeValidator((value: string): string => {
    throw thrown(value);
  });
const unknown = 'KEY: expected a value that its validator accepts';

test.each([
  ['bool', bool(), 'KEY: expected true or false'],
  ['num', num(), 'KEY: expected a number'],
  ['email', email(), 'KEY: expected an email address'],
  ['host', host(), 'KEY: expected a domain name or an IP address'],
  ['port', port(), 'KEY: expected a port from 1 to 65535'],
  ['url', url(), 'KEY: expected a URL'],
  ['json', json(), 'KEY: expected JSON'],
  ['own, which says what it expects', failing(() => new Error('32 bytes in hex'))(), 'KEY: 32 bytes in hex'],
  ['own, with the value in its message', failing((value) => new Error(`not ${value}`))(), unknown],
  ['own, with it in upper case', failing((value) => new Error(value.toUpperCase()))(), unknown],
  ['own, with a part of it', failing((value) => new Error(`not ${value.slice(3, 9)}`))(), unknown],
  ['own, with it in a long message', failing((value) => new Error(`${' '.repeat(1000)}${btoa(value)}`))(), unknown],
  ['own, with it as the cause', failing((value) => new Error('wrong', { cause: value }))(), 'KEY: wrong'],
  ['own, by JSON.parse()', makeExactValidator((value) => JSON.parse(value) as object)(), unknown],
  ['own, by new URL()', makeValidator((value) => new URL(value).href)(), unknown.replace(/:.*/, ': Invalid URL')],
  ['own, that throws the value', failing((value) => value)(), unknown],
  ['own, that throws what cannot be read', failing(() => Object.create(null))(), unknown],
  ['own, that returns nothing', makeExactValidator((): unknown => undefined)(), unknown],
  [
    'own, with a description',
    failing(String)({ desc: 'the key', example: 'abc' }),
    `${unknown}, such as abc (the key)`,
  ],
])('%s: what is expected is said, and nothing of the value', (_, spec, problem) => {
  const value = '::top s3cret-Värde::';
  const { problems, all } = failureOf({ KEY: spec }, { KEY: value });
  expect(problems).toEqual([problem]);
  expect(all.toLowerCase()).not.toContain('s3cret');
  expect(all).not.toContain(btoa(encodeURI(value)));
});

test('a name of the server, and one of a file, are refused', () => {
  const { problems } = failureOf(
    { PORT: port(), LOG_LEVEL_FILE: str(), KEY: str(), KEY_FILE: str(), HOME_FILE: str() },
    { KEY: 'a', HOME_FILE: 'b' },
  );
  expect(problems).toEqual([
    'PORT is a setting of the server: expected another name',
    'LOG_LEVEL_FILE names the file of LOG_LEVEL: expected another name',
    'KEY_FILE names the file of KEY: expected another name',
  ]);
  for (const name of Object.keys(settings(false))) {
    expect(() => defineSettings({ [name]: str({ default: '' }) })).toThrow(name);
  }
});

test('a declaration that is none is refused by name', () => {
  const specs = { ONE: undefined, TWO: {}, THREE: str } as unknown as Record<string, ValidatorSpec<unknown>>;
  expect(failureOf(specs, {}).problems).toEqual(
    ['ONE', 'TWO', 'THREE'].map((name) => `${name} is declared without a validator: expected one, such as str()`),
  );
});

test('requiredWhen() says when it is required; where it fails, that is a problem, not an exception', () => {
  const specs = (requiredWhen: (values: Record<string, unknown>) => boolean) => ({
    MODE: str({ default: 's3cret' }),
    KEY: str({ default: undefined, requiredWhen }),
  });
  expect(defineSettings(specs(({ MODE }) => MODE === 'other')).KEY).toBeUndefined();
  expect(
    failureOf(
      specs(({ MODE }) => MODE === 's3cret'),
      {},
    ).problems,
  ).toEqual(['KEY is not set: expected text. Set it, or KEY_FILE to the path of a file that holds it']);
  const { problems, all } = failureOf(
    specs(({ MODE }) => {
      throw new Error(String(MODE));
    }),
    {},
  );
  expect(problems).toEqual(['KEY: its requiredWhen() failed, so whether it is required is not known']);
  expect(all).not.toContain('s3cret');
});

test('the error is known for what it is, also that of another copy of quayside', () => {
  const copy = Object.assign(new Error('The settings are wrong'), { name: 'ConfigError', problems: ['KEY'] });
  const throwing = new Proxy(new Error(), {
    get() {
      throw new Error('not to be read');
    },
  });
  expect([new ConfigError([]), copy].map(isConfigError)).toEqual([true, true]);
  for (const other of [new Error(), null, undefined, 'ConfigError', { name: 'ConfigError', problems: [] }, throwing]) {
    expect(isConfigError(other)).toBe(false);
  }
});
