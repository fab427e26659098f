import express, { type Express, type Request, type RequestHandler } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { createServer } from '../../src/http/server';
import { config } from './observer';

// Its types would be those of Express 5.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const express4 = require('express4') as () => { get: (path: string, handler: unknown) => RequestHandler };

const trace_id = '0af7651916cd43dd8448eb211c80319c';
const span_id = 'b7ad6b7169203331';
const traceparent = `00-${trace_id}-${span_id}-01`;
const headers = { 'X-Request-Id': 'id-1', traceparent };

/** The app behind the server, and the lines that are written meanwhile, as text. */
function behind(app: Express, options: pino.LoggerOptions = {}) {
  const lines: string[] = [];
  const log = pino({ base: {}, ...options }, { write: (line: string) => void lines.push(line) });
  const agent = request(createServer(app, { config: { ...config, ACCESS_LOG: false }, log }));
  return { agent, log, lines };
}

const says =
  (msg: string) =>
  (req: { log: pino.Logger }, res: { send: (body: string) => unknown }): void => {
    req.log.info(msg);
    res.send(msg);
  };

test('a line has the id of the request, and its trace', async () => {
  const { agent, lines } = behind(express().get('/', says('served')));
  await agent.get('/').set(headers).expect(200);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { level: 30, time: expect.any(Number) as number, id: 'id-1', trace_id, span_id, msg: 'served' },
  ]);
});

test('they are those that came, whatever the service makes of the headers before it asks for the log', async () => {
  const app = express().use((req, _res, next) => {
    req.headers.traceparent = 'forged';
    next();
  });
  const { agent, lines } = behind(app.get('/', says('served')));
  await agent.get('/').set(headers).expect(200);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ trace_id, span_id });
});

test('without a trace, or with one that is not valid, nothing of it is in the line', async () => {
  const { agent, lines } = behind(express().get('/', says('served')));
  await agent.get('/').set('X-Request-Id', 'id-2').expect(200);
  await agent
    .get('/')
    .set({ ...headers, traceparent: `${traceparent}"` })
    .expect(200);
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
    Array(2).fill(['level', 'time', 'id', 'msg']),
  );
});

test('it is made when it is asked for, once', async () => {
  const seen: boolean[] = [];
  const app = express().get('/', (req, res) => {
    seen.push(Object.hasOwn(req, 'log'), req.log === req.log, Object.hasOwn(req, 'log'));
    res.end();
  });
  const { agent, log } = behind(app);
  const child = jest.spyOn(log, 'child');
  await agent.get('/nobody');
  expect(child).not.toHaveBeenCalled();
  await agent.get('/');
  expect(child).toHaveBeenCalledTimes(1);
  expect(seen).toEqual([false, true, true]);
});

test('apps that are mounted have it, also of Express 4', async () => {
  const inner = express().get('/', says('inner'));
  const outer = express()
    .use('/inner', inner)
    .use('/old', express4().get('/', says('old')));
  const router = express.Router().get('/', says('router'));
  const { agent, lines } = behind(express().use('/outer', outer).use('/router', router));
  for (const path of ['/outer/inner', '/outer/old', '/router']) await agent.get(path).set(headers).expect(200);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual(
    ['inner', 'old', 'router'].map((msg) => expect.objectContaining({ id: 'id-1', trace_id, msg }) as object),
  );
});

test("a middleware's own takes its place", async () => {
  const own = { info: jest.fn() };
  const app = express().use((req, _res, next) => {
    Object.assign(req, { log: own });
    next();
  });
  const { agent, lines } = behind(app.get('/', says('own')));
  await agent.get('/').expect(200);
  expect(own.info).toHaveBeenCalledWith('own');
  expect(lines).toEqual([]);
});

test("what the service's requests have by that name stays", async () => {
  const app = express().get('/', (req, res) => res.send(req.log) as unknown);
  Object.defineProperty(app.request, 'log', { get: (): string => 'of the service', configurable: true });
  await behind(app).agent.get('/').expect(200, 'of the service');
});

test('a request that is frozen has it', async () => {
  const app = express().get('/', (req, res) => {
    const frozen = Object.freeze(Object.create(req) as Request);
    frozen.log.info('frozen');
    res.end();
  });
  const { agent, lines } = behind(app);
  await agent.get('/').set(headers).expect(200);
  expect(lines[0]).toContain('"id":"id-1"');
});

test('where the log adds the ids of a span, as OpenTelemetry has it do, a line has these alone', async () => {
  const mixin = () => ({ trace_id, span_id: '00f067aa0ba902b7' });
  const { agent, lines } = behind(express().get('/', says('served')), { mixin });
  await agent.get('/').set(headers).expect(200);
  expect(lines[0]?.match(/"(?:trace|span)_id":"\w+"/g)).toEqual([
    `"trace_id":"${trace_id}"`,
    '"span_id":"00f067aa0ba902b7"',
  ]);
});

test('where it does so, but for other requests, the trace is that of the request', async () => {
  const { agent, lines } = behind(express().get('/', says('served')), { mixin: () => ({}) });
  await agent.get('/').set(headers).expect(200);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ trace_id, span_id });
});

test('a test that calls the app by itself gives it a log in one line, which the server then leaves', async () => {
  const app = express().get('/', says('served'));
  const { agent, log, lines } = behind(app);
  const alone = express().get('/', says('alone'));
  alone.request.log = log;
  await request(alone).get('/').expect(200, 'alone');
  await agent.get('/').expect(200, 'served');
  expect(lines).toHaveLength(2);
});
