// The line of a request: what is written at once, and what pino would make of the same.
import type { IncomingMessage } from 'node:http';
import { symbols } from 'pino';
import { writeLine } from '../../src/http/access-log';
import type { Exchange } from '../../src/http/exchange';
import type { Outcome } from '../../src/http/outcome';
import { takeTrace } from '../../src/http/trace';
import { createLog } from '../../src/process/log';
import { config } from './observer';

const log = createLog({ ...config, LOG_LEVEL: 'info' }, { worker: 1 });
const internals = log as unknown as {
  [symbols.streamSym]: { write: (line: string) => void };
  [symbols.mixinSym]?: (() => object) | undefined;
};
const lines: string[] = [];
internals[symbols.streamSym].write = (line) => lines.push(line);

afterEach(() => {
  internals[symbols.mixinSym] = undefined;
  log.level = 'info';
  lines.length = 0;
});

/** The lines of a request, without their times. */
function linesOf(exchange: Partial<Exchange> & { headers?: object } = {}, outcome: Partial<Outcome> = {}): string[] {
  const { headers = {}, ...more } = exchange;
  const req = { headers: { 'x-request-id': 'id-1', ...headers } };
  takeTrace(req as unknown as IncomingMessage);
  const whole = { req, url: '/a', client: '127.0.0.1', isHealth: false, ...more };
  const ended = { method: 'GET', route: '/a', status: 200, bytes: 200, ms: 0.42, cut: undefined, ...outcome };
  writeLine(log, whole as unknown as Exchange, ended);
  return lines.splice(0).map((line) => line.replace(/"time":"[^"]+"/, '"time":""'));
}

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const path = '/a"b\\c\u0000\u001f\u007f\u00ff';
const cases: [name: string, exchange?: Parameters<typeof linesOf>[0], outcome?: Partial<Outcome>][] = [
  ['a plain one'],
  ['a long id', { headers: { 'x-request-id': 'i'.repeat(200) } }],
  ['an id that the service has put there', { headers: { 'x-request-id': 'a"b\n' } }],
  ['a trace', { headers: { traceparent } }],
  ['a path with what JSON escapes', { url: `${path}?q` }],
  ['a path with a fragment', { url: '/a#b' }],
  ['a whole URL', { url: 'http://joe:secret@h/a?b' }],
  ['no client', { client: undefined }],
  ['a client that is none', { client: { address: 1 } as never }],
  ['an answer that was cut', {}, { cut: 'answer' }],
  ['a status that is none', {}, { status: '200' as never }],
  ['a status that is no number', {}, { status: NaN }],
  ['bytes that cannot be known', {}, { bytes: NaN }],
  ['a time of many digits', {}, { ms: 1234.56789 }],
  ['no time at all', {}, { ms: 0.001 }],
  ['a time of a second', {}, { ms: 1000 }],
  ['a time that cannot be known', {}, { ms: NaN }],
  ['a clock that was set back', {}, { ms: -1.5 }],
  ['a time to the hundredth', {}, { ms: 9.99 }],
  ['a health check', { isHealth: true }],
];

test.each(cases.map(([name, ...of]) => ({ name, of })))('$name: the line is as pino writes it', ({ of }) => {
  const [exchange, outcome] = of;
  const own = linesOf(exchange, outcome);
  internals[symbols.mixinSym] = () => ({});
  expect(own).toEqual(linesOf(exchange, outcome));
  expect(own).toHaveLength(exchange?.isHealth === true ? 0 : 1);
});

test('what every line carries is in it, also where the service has set it', () => {
  expect(linesOf()).toEqual([
    '{"level":"info","time":"","worker":1,"id":"id-1","method":"GET","path":"/a","status":200,"bytes":200,"ms":0.42,"client":"127.0.0.1","msg":"request"}\n',
  ]);
  log.setBindings({ region: 'eu' });
  expect(linesOf()[0]).toContain(',"worker":1,"region":"eu","id"');
});

test('a level above info leaves it out', () => {
  log.level = 'warn';
  expect(linesOf()).toEqual([]);
});

test("a mixin's fields are in it", () => {
  internals[symbols.mixinSym] = () => ({ span: 'x' });
  expect(linesOf()[0]).toContain('"span":"x"');
});

test('a stream that somebody has put in the place of ours gets it', () => {
  const own = internals[symbols.streamSym];
  const taken: string[] = [];
  internals[symbols.streamSym] = { write: (line) => taken.push(line) };
  expect(linesOf()).toEqual([]);
  internals[symbols.streamSym] = own;
  expect(taken).toHaveLength(1);
});
