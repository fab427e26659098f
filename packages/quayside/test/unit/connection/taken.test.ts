// Sockets that a service takes for itself.
import { once } from 'node:events';
import type { Request, Response } from 'express';
import { WebSocket, WebSocketServer } from 'ws';
import { serve } from '../observer';
import { Client, exchange, get, post, service } from './client';

describe('a connection that the service has taken', () => {
  const webSockets = new WebSocketServer({ noServer: true });

  /** Makes the request a WebSocket that says back what it hears. */
  const upgrade = (req: Request, then: () => void = () => undefined) => {
    webSockets.handleUpgrade(req, req.socket, Buffer.alloc(0), (webSocket) => {
      webSocket.on('message', (message: Buffer) => {
        webSocket.send(message.toString());
      });
      then();
    });
  };

  const echo = async (webSocket: WebSocket, message: string) => {
    webSocket.send(message);
    const [answer] = (await once(webSocket, 'message')) as [Buffer];
    return answer.toString();
  };

  test('for a WebSocket is not written to, and is no aborted request', async () => {
    const app = service({
      '/socket': (req, _res, next) => {
        upgrade(req, () => {
          setTimeout(() => {
            next(new Error('too late'));
          }, 50);
        });
      },
    });
    app.get('/never', () => undefined);
    const { port, ended, observer } = await serve(app, { REQUEST_TIMEOUT: 0.2 });
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}/socket`);
    await once(webSocket, 'open');
    for (const message of ['a', 'b', 'c']) expect(await echo(webSocket, message)).toBe(message);
    // Younger, and late: the other one would have been, too.
    expect((await exchange(port, get('/never', 'Connection: close\r\n'))).answers).toEqual([
      '503 503 Service Unavailable',
    ]);
    expect(await echo(webSocket, 'd')).toBe('d');
    webSocket.close();
    expect(await ended(2)).toMatchObject([{ status: 503 }, { status: 101, route: '/socket', cut: undefined }]);
    expect(observer.onTimeout).toHaveBeenCalledTimes(1);
    expect(observer.onUnparsed).not.toHaveBeenCalled();
    expect(observer.onException).toHaveBeenCalledTimes(1);
  });

  test('for a WebSocket is no aborted request, either, where its client is gone', async () => {
    const { port, ended } = await serve(
      service({
        '/socket': (req) => {
          upgrade(req);
        },
      }),
    );
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}/socket`);
    await once(webSocket, 'open');
    webSocket.terminate();
    expect(await ended(1)).toMatchObject([{ status: 101, cut: undefined }]);
  });

  test('by an answer of 101 is heard by the service alone', async () => {
    const app = service({
      '/upgrade': ({ socket }, res) => {
        res.writeHead(101, { Connection: 'Upgrade', Upgrade: 'echo' }).flushHeaders();
        socket.on('data', (bytes) => socket.write(bytes));
      },
    });
    const { port, ended, observer } = await serve(app);
    const client = (await Client.connect(port)).say(get('/upgrade', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
    await client.hears(/^HTTP\/1\.1 101 [^]*\r\n\r\n/);
    for (const bytes of ['no HTTP', get(), 'the end']) {
      client.say(bytes);
      await client.hears(new RegExp(`${bytes}$`));
    }
    client.socket.resetAndDestroy();
    expect(await ended(1)).toMatchObject([{ status: 101, cut: undefined }]);
    expect(observer.onRequest).toHaveBeenCalledTimes(1);
    expect(observer.onUnparsed).not.toHaveBeenCalled();
  });

  test('by detachSocket() has ended when the connection has', async () => {
    const app = service({
      '/raw': ({ socket }, res) => {
        res.detachSocket(socket);
        setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nraw'), 300);
      },
    });
    const { port, ended, observer } = await serve(app, { REQUEST_TIMEOUT: 0.1 });
    expect((await exchange(port, get('/raw'))).answers).toEqual(['200 raw']);
    expect(await ended(1)).toMatchObject([{ status: 200, cut: undefined }]);
    expect(observer.onTimeout).not.toHaveBeenCalled();
  });

  test('by detachSocket() is not asked for more', async () => {
    const app = service({
      '/raw': ({ socket }, res) => {
        res.detachSocket(socket);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw');
        socket.once('end', () => socket.end());
      },
    });
    const { port, observer, ended } = await serve(app);
    const client = (await Client.connect(port)).say(get('/raw'));
    await client.hears(/raw/);
    client.socket.end(get());
    expect(await client.all()).toEqual(['200 raw']);
    expect(await ended(1)).toMatchObject([{ route: '/raw', cut: undefined }]);
    expect(observer.onRequest).toHaveBeenCalledTimes(1);
  });

  test.each<[string, (res: Response) => void]>([
    ['nothing', () => undefined],
    [
      '102',
      (res) => {
        res.writeProcessing();
      },
    ],
    [
      '103',
      (res) => {
        res.writeEarlyHints({ link: '</a>; rel=preload' });
      },
    ],
  ])('is not one where somebody only listens, and %s is sent', async (_, send) => {
    const app = service({
      '/listens': ({ socket }, res) => {
        socket.on('data', () => undefined);
        send(res);
      },
    });
    const { port, observer, ended } = await serve(app, { REQUEST_TIMEOUT: 0.1 });
    const client = (await Client.connect(port)).say(
      post('Expect: 100-continue\r\nUpgrade: x\r\nContent-Length: 0\r\n', '/listens'),
    );
    await client.hears(/HTTP\/1\.1 100 Continue[^]*HTTP\/1\.1 503 Service Unavailable/);
    expect(await ended(1)).toMatchObject([{ status: 503, cut: undefined }]);
    expect(observer.onTimeout).toHaveBeenCalledTimes(1);
    client.socket.destroy();
  });
});
