// What a service has beside its app, in development: a reload ends the one that was.
import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { get, port, project, start, until, useDevelopment } from '../../../harness/development';

useDevelopment();

/** The module of a service that answers with a text, and has these beside its app. */
const made = (answer: string, hooks: string, before = '') => `
  import express from 'express';
  const { WebSocketServer } = require(${JSON.stringify(require.resolve('ws'))});
  const { Counter, Registry } = require(${JSON.stringify(require.resolve('prom-client'))});
  export function createApp() {
    const app = express();
    app.get('/', (_req, res) => { res.send('${answer}'); });
    ${before}
    return { app, ${hooks} };
  }`;

const attach = 'attach: (server: object) => { sockets = new WebSocketServer({ server }); }';

async function open(headers = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, { headers });
  await once(socket, 'open');
  return socket;
}

const codeOf = async (socket: WebSocket) => ((await once(socket, 'close')) as [number])[0];

test('a reload closes WebSockets with 1001, or as drain() says, and then runs close()', async () => {
  project.replaceService(made('one', `${attach}, close: () => console.log('one closed')`, 'let sockets;'));
  const server = start();
  await server.line(/serving/);
  const first = await open();
  const goodbye = "drain: () => { for (const socket of sockets.clients) socket.close(1012, 'again'); }";
  let code = codeOf(first);
  project.replaceService(
    made(
      'two',
      `${attach}, ${goodbye}, close: () => console.log('two closed')`,
      'let sockets: { clients: WebSocket[] };',
    ),
  );
  expect(await code).toBe(1001);
  await until('two');
  expect(server.output()).toContain('one closed\n');

  const second = await open();
  code = codeOf(second);
  project.replaceService(made('three', ''));
  expect(await code).toBe(1012);
  await until('three');
  expect(server.output()).toContain('two closed\n');
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.output()).not.toMatch(/ending/);
});

test('an event stream hears what drain() says', async () => {
  project.replaceService(
    made(
      'one',
      "drain: () => { for (const res of streams) res.end('data: goodbye\\n\\n'); }",
      `const streams: express.Response[] = [];
       app.get('/events', (_req, res) => { res.type('text/event-stream').write('data: hello\\n\\n'); streams.push(res); });`,
    ),
  );
  const server = start();
  await server.line(/serving/);
  const request = httpGet({ host: '127.0.0.1', port, path: '/events' });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const heard = text(answer);
  project.replaceService(made('two', ''));
  expect(await heard).toBe('data: hello\n\ndata: goodbye\n\n');
  await until('two');
});

test('close() that hangs is ended within its second, and one that fails is logged', async () => {
  project.replaceService(made('one', 'close: () => new Promise(() => undefined)'));
  const server = start();
  await server.line(/serving/);
  project.replaceService(made('two', "close: () => { throw new Error('not closed'); }"));
  await until('two');
  await server.line(/ending close\(\) after 1000 ms/);
  project.replaceService(made('three', ''));
  await until('three');
  await server.line(/close\(\) failed/);
});

test('close() runs after an uncaught exception', async () => {
  project.replaceService(
    made(
      'one',
      "close: () => console.log('one closed')",
      "app.get('/fails', (_req, res) => { res.send('failing'); setTimeout(() => { throw new Error('uncaught'); }); });",
    ),
  );
  const server = start();
  await server.line(/serving/);
  await get('/fails');
  await server.line(/one closed/);
  await server.line(/Waiting for a change/);
  project.replaceService(made('two', ''));
  await until('two');
});

test('a WebSocket of another host is refused as a request is', async () => {
  project.replaceService(made('one', attach, 'let sockets;'));
  const server = start();
  await server.line(/serving/);
  await expect(open({ Host: 'elsewhere.example' })).rejects.toThrow('403');
  const socket = await open({ Host: 'localhost' });
  socket.terminate();
});

test("a metric of a name that is the server's own is said", async () => {
  project.replaceService(
    made(
      'one',
      'metrics: register',
      `const register = new Registry();
       new Counter({ name: 'uwsgi_up', help: 'Mine.', registers: [register] });`,
    ),
  );
  const server = start();
  await server.line(/uwsgi_up is a name of the server's own/);
  project.replaceService(made('two', ''));
  await until('two');
});
