// Whose requests the development server answers, by their Host.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { program } from '../../../harness/paths';
import { run } from '../../../harness/run';
import { get, port, project, save, says, serve, until, useDevelopment } from '../../../harness/development';

useDevelopment();

const refused = {
  status: 403,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  body: expect.stringMatching(/^403 Forbidden: .*Host "evil\.example".* ALLOWED_HOSTS\.\n$/) as string,
};

test('a stranger’s Host is refused before the service hears of it, and so is one at the page of a failure', async () => {
  const server = await serve(`app.use((req, _res, next) => { console.log('heard', req.headers.host); next(); });
    ${says('served')}`);
  for (const Accept of ['text/html', '*/*']) {
    expect(await get('/', { Host: 'evil.example', Accept })).toMatchObject(refused);
    expect(await get('/readyz', { Host: 'evil.example', Accept })).toMatchObject(refused);
  }
  for (const Host of ['127.0.0.1:5000', 'localhost', '[::1]:5000', 'app.localhost', 'identidock:5000']) {
    expect(await get('/', { Host })).toMatchObject({ status: 200, body: 'served' });
  }
  expect(server.output()).not.toMatch(/heard evil/);

  project.replaceService("throw new Error('a secret of the source');\n");
  await server.line(/Waiting for a change/);
  for (const Accept of ['text/html', '*/*']) {
    expect(await get('/', { Host: 'evil.example', Accept })).toMatchObject(refused);
  }
  expect((await get()).body).toContain('a secret of the source');
  save(says('mended'));
  await until('mended');
});

test('ALLOWED_HOSTS has other names answered, and theirs alone', async () => {
  await serve(says('served'), { ALLOWED_HOSTS: 'my.example.com, .example.org' });
  for (const Host of ['my.example.com', 'example.org', 'a.example.org:5000']) {
    expect(await get('/', { Host })).toMatchObject({ status: 200, body: 'served' });
  }
  expect(await get('/', { Host: 'evil.example' })).toMatchObject(refused);
});

test('an upload with a stranger’s Host gets the answer, too', async () => {
  await serve(says('served'));
  const headers = { Host: 'evil.example', Expect: '100-continue' };
  for (const each of [{ Host: 'evil.example' }, headers]) {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', agent: false, headers: each });
    sent.end(Buffer.alloc(500_000));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(403);
    expect(await text(response)).toMatch(/ALLOWED_HOSTS/);
  }
});

test('a request of HTTP/1.0 that names no Host is as before, and the health check finds the server ready', async () => {
  await serve(says('served'));
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /readyz HTTP/1.0\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  const check = run(program, { args: ['healthcheck'], env: { ENV: 'DEV', PORT: String(port) } });
  expect(await check.exited).toEqual({ code: 0, signal: null });
});
