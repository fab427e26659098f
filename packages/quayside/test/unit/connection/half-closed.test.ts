// Clients that end their side, and may have left.
import type { RequestHandler } from 'express';
import { serve } from '../observer';
import { Client, get, later, service } from './client';

describe('a client that has ended its side', () => {
  test('still gets its answers', async () => {
    const { port, ended } = await serve(service({ '/later': later }));
    const clients = await Promise.all(Array.from({ length: 50 }, () => Client.connect(port, { allowHalfOpen: true })));
    for (const { socket } of clients) socket.end(get('/later') + get() + get('/later'));
    for (const client of clients) {
      expect(await client.all()).toEqual(['200 later', '200 hello', '200 later']);
      client.socket.destroy();
    }
    for (const { cut } of await ended(150)) expect(cut).toBeUndefined();
  });

  test.each(['GET / HT', 'no request\r\n\r\n'])(
    'still gets its answers, also the one to %j behind them',
    async (bytes) => {
      const { port } = await serve(service({ '/later': later }));
      const client = await Client.connect(port, { allowHalfOpen: true });
      client.socket.end(get('/later') + bytes);
      expect(await client.all()).toEqual(['200 later', '400 400 Bad Request']);
    },
  );

  test('is left at once where nothing is in flight', async () => {
    const { port } = await serve(service());
    const client = (await Client.connect(port, { allowHalfOpen: true })).say(get());
    await client.hears(/hello/);
    client.socket.end();
    await client.closed;
    expect(client.error).toBeUndefined();
  });

  test('is left where no end of its answer is in sight, and the service learns of it', async () => {
    const told: string[] = [];
    const endless =
      (body: string): RequestHandler =>
      (req, res) => {
        if (body !== '') res.write(body);
        res.on('close', () => told.push(req.path));
      };
    const stalled: RequestHandler = (req, res, next) => {
      res.set('Content-Length', '100');
      endless('x')(req, res, next);
    };
    const routes = { '/silent': endless(''), '/stalled': stalled, '/stream': endless('x') };
    const { port, ended } = await serve(service(routes));
    const clients = [];
    for (const path of Object.keys(routes)) {
      const client = await Client.connect(port, { allowHalfOpen: true });
      client.socket.end(get(path));
      clients.push(client);
    }
    for (const client of clients) await client.closed;
    expect(await ended(3)).toMatchObject([{ cut: 'answer' }, { cut: 'answer' }, { cut: 'answer' }]);
    expect(told.sort()).toEqual(Object.keys(routes));
  });

  test('gets an answer of known length, however long it takes, as long as it goes on', async () => {
    const app = service({
      '/known': (_req, res) => {
        res.set('Content-Length', '12');
        let left = 12;
        const timer = setInterval(() => {
          left -= 1;
          if (left > 0) res.write('x');
          else {
            clearInterval(timer);
            res.end('x');
          }
        }, 1000);
      },
    });
    const { port } = await serve(app);
    const client = await Client.connect(port, { allowHalfOpen: true });
    client.socket.end(get('/known'));
    expect(await client.all()).toEqual(['200 xxxxxxxxxxxx']);
  });

  test('ends a connection that the service has taken, unless the service does', async () => {
    const app = service({
      '/taken': ({ socket }) => {
        socket.on('data', () => undefined);
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      },
    });
    const { port, ended } = await serve(app);
    for (const behind of ['', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n']) {
      const client = (await Client.connect(port, { allowHalfOpen: true })).say(get('/taken') + behind);
      await client.hears(/101/);
      client.socket.end();
      await client.closed;
    }
    await ended(2);
  });
});
