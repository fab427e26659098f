import { formatLine, type Look } from '../../src/process/line';

const look: Look = { hasColour: false, columns: 80, isDetailed: false };
const request = {
  id: '2657a35d-238a-4383-858c-f59db600ead5',
  method: 'GET',
  path: '/',
  status: 200,
  bytes: 242,
  ms: 8.28,
  client: '172.18.0.1',
  msg: 'request',
};

/** The line of an entry, behind its time. */
function format(entry: object, changes: Partial<Look> = {}): string {
  const line = formatLine(JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', ...entry }), {
    ...look,
    ...changes,
  });
  const [whole, time = '', rest = ''] = /^((?:\x1b\[90m)?\d\d:\d\d:\d\d(?:\x1b\[39m)? )([^]*)\n$/.exec(line) ?? [];
  expect(whole).toBe(line);
  return changes.hasColour === true ? time + rest : rest;
}

test('the time is this machine’s', () => {
  const time = new Date(2026, 0, 2, 3, 4, 5).toISOString();
  expect(formatLine(JSON.stringify({ level: 'info', time, msg: 'serving' }), look)).toBe('03:04:05 serving\n');
});

test.each([
  ['a request', request, 'GET / 200 8 ms'],
  ['one that took no time', { ...request, ms: 0.4 }, 'GET / 200 <1 ms'],
  ['one that took long', { ...request, ms: 12345.67 }, 'GET / 200 12346 ms'],
  ['one that was aborted', { ...request, aborted: true }, 'GET / 200 8 ms aborted'],
  ['no request', { msg: 'no request', status: 400, code: 'HPE_X', client: '::1' }, 'no request 400 HPE_X'],
  ['a message', { msg: 'one\ntwo' }, 'one\ntwo'],
  ['an address', { msg: 'open', url: 'http://localhost:5000' }, 'open http://localhost:5000'],
  ['a warning', { level: 'warn', msg: 'dropped', dropped: 3 }, 'WARN: dropped {"dropped":3}'],
  ['one about a request', { ...request, level: 'warn', msg: 'late' }, /^WARN: late GET \/ .* \{"id":"2657a35d.*"\}$/],
])('%s', (_, entry, expected) => {
  expect(format(entry)).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected);
});

test.each([
  ['no message', { orders: 3 }, '{"orders":3}'],
  ['a message that is no text', { msg: { a: 1 } }, '{"a":1}'],
  ['an error that is none', { level: 'error', msg: 'failed', err: null }, 'ERROR: failed {"err":null}'],
  ['an error that is a text', { level: 'error', msg: 'failed', err: 'text' }, 'ERROR: failed {"err":"text"}'],
  ['an error without a message', { level: 'error', msg: 'failed', err: { stack: 'at one' } }, /\n {4}at one$/],
  [
    "the names of a request's parts, with other values",
    { msg: 'm', method: 1, path: [], status: 'paid', code: {}, ms: 'long', url: null, aborted: 2 },
    'm null 1 [] paid {} long ms',
  ],
])('of a service: %s', (_, entry, expected) => {
  expect(format(entry)).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected);
});

test('in detail, all that is known of a request, however long', () => {
  const path = `/${'x'.repeat(100)}`;
  const rest = '{"id":"2657a35d-238a-4383-858c-f59db600ead5","bytes":242,"client":"172.18.0.1"}';
  expect(format({ ...request, path }, { isDetailed: true })).toBe(`GET ${path} 200 8.28 ms ${rest}`);
});

test.each([40, 80, 132])('the line of a request fits %d columns, its path cut where it has to be', (columns) => {
  // The time and the space behind it take nine.
  const room = columns - 9;
  for (const end of [' 200 8 ms', ' 200 8 ms aborted']) {
    const entry = { ...request, ...(end.endsWith('aborted') && { aborted: true }) };
    const fits = `/${'x'.repeat(room - `GET /${end}`.length)}`;
    expect(format({ ...entry, path: fits }, { columns })).toBe(`GET ${fits}${end}`);
    expect(format({ ...entry, path: `${fits}y` }, { columns })).toBe(`GET ${fits.slice(0, -1)}…${end}`);
  }
});

test('something of the path is shown on the narrowest terminal', () => {
  expect(format({ ...request, path: '/0123456789' }, { columns: 1 })).toBe('GET /01234567… 200 8 ms');
});

test('only the line of a request is cut', () => {
  const msg = 'x'.repeat(200);
  expect(format({ msg })).toBe(msg);
  expect(format({ ...request, level: 'error', msg: 'request failed', path: `/${msg}` })).toContain(msg);
});

describe('an error', () => {
  const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at one\n    at two' };

  test('is whole, with its stack below the line', () => {
    const line = format({ level: 'error', msg: 'request failed', method: 'GET', path: '/', id: 'id-1', err });
    expect(line).toBe('ERROR: request failed GET / {"id":"id-1"}\n    Error: broken\n        at one\n        at two');
  });

  test('is whole where its message is not in its stack', () => {
    const line = format({ level: 'error', msg: 'failed', err: { ...err, message: 'changed' } });
    expect(line).toMatch(/^ERROR: failed\n {4}Error: changed\n {4}Error: broken\n {8}at one/);
    expect(format({ level: 'error', msg: 'failed', err: { ...err, stack: '' } })).toMatch(/\n {4}Error: broken$/);
    expect(format({ level: 'error', msg: 'failed', err: { ...err, stack: [1] } })).toMatch(/Error: broken\n {4}\[1\]$/);
  });
});

describe('control characters', () => {
  const evil = 'a\x1b[31mred\x1b]0;title\x07\x9b2J\x7f\x00\r';
  const harmless = /^[^\0-\x09\x0b-\x1f\x7f-\x9f]*$/;

  test.each([
    ['a path', { ...request, path: evil }],
    ['a message', { msg: evil }],
    ['another value', { level: 'warn', msg: 'late', of: evil, [evil]: 1 }],
    ['an error', { level: 'error', msg: 'failed', err: { type: 'Error', message: evil, stack: evil } }],
  ])('of %s do not get to the terminal', (_, entry) => {
    expect(format(entry)).toMatch(harmless);
    expect(format(entry, { isDetailed: true })).toMatch(harmless);
    // Nothing but colours does.
    const coloured = format(entry, { hasColour: true }).replace(/\x1b\[[\d;]*m/g, '');
    expect(coloured).toMatch(harmless);
    expect(coloured).toContain('title');
  });

  test('are seen, but for colours and the line ends of Windows', () => {
    expect(format({ msg: 'a\x1b[31mred\x1b[39m\x07\r\nb\tc' })).toBe('ared\\x07\nb\tc');
    expect(format({ ...request, path: '/a\n12:34:56 b\tc' })).toBe('GET /a\\x0a12:34:56 b\\x09c 200 8 ms');
  });
});

describe('colours', () => {
  const withColour = (entry: object) => format(entry, { hasColour: true });

  test.each([
    [200, '200'],
    [304, '304'],
    [404, '\x1b[33m404\x1b[39m'],
    [500, '\x1b[31m500\x1b[39m'],
  ])('status %d', (status, expected) => {
    expect(withColour({ ...request, status })).toMatch(/^\x1b\[90m[\d:]{8}\x1b\[39m GET \/ .* \x1b\[90m8 ms\x1b\[39m$/);
    expect(withColour({ ...request, status })).toContain(` ${expected} `);
  });

  test.each([
    ['error', '\x1b[31mERROR:\x1b[39m'],
    ['warn', '\x1b[33mWARN:\x1b[39m'],
    ['debug', '\x1b[34mDEBUG:\x1b[39m'],
  ])('level %s', (level, expected) => {
    expect(withColour({ level, msg: 'x' })).toContain(` ${expected} x`);
  });

  test('take no columns', () => {
    const path = `/${'x'.repeat(80 - '03:04:05 GET / 404 8 ms'.length)}`;
    expect(withColour({ ...request, status: 404, path })).toContain(`GET ${path} `);
  });

  test('of a message stay, and end with it; those of an error do not', () => {
    expect(withColour({ msg: 'a \x1b[96mfile' })).toMatch(/ a \x1b\[96mfile\x1b\[0m$/);
    const err = { type: 'Error', message: 'x', stack: 'Error: \x1b[96mx' };
    expect(withColour({ level: 'error', msg: 'failed', err })).toMatch(/\n {4}Error: x$/);
  });
});
