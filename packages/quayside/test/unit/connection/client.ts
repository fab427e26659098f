// What the tests of connections share: a client that writes as it likes, and services of a few routes.
import { once } from 'node:events';
import express, { type Express, type RequestHandler, type Response } from 'express';
import { Client as BytesClient } from '../../../harness/bytes';

/** More than the buffers of a connection hold. */
export const BIG = Buffer.alloc(8 * 1024 ** 2, 'x');

export const get = (path = '/', more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
export const post = (more: string, path = '/') => `POST ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
export const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
export const chunks = Buffer.concat([
  ...Array.from({ length: 128 }, () => chunk(BIG.subarray(0, 65_536))),
  chunk(BIG.subarray(0, 0)),
]);

/** A client that may leave its side open when the server has ended its own. */
export class Client extends BytesClient {
  static async connect(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Client> {
    const client = new Client(port, options);
    await once(client.socket, 'connect');
    return client;
  }

  say(...parts: (string | Buffer)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  async hears(pattern: RegExp): Promise<void> {
    await this.saw(({ received }) => pattern.test(received));
  }

  /** The status lines and the bodies of short answers that have come until the connection is closed. */
  async all(): Promise<string[]> {
    await this.closed;
    return this.received
      .split(/(?=HTTP\/1\.1 \d)/)
      .map(
        (answer) => `${answer.slice(9, 12)} ${answer.split('\r\n\r\n').slice(1).join('|').trim().split('\n')[0] ?? ''}`,
      );
  }
}

/** Sends parts on a connection of its own; returns what the client sees in the end. */
export async function exchange(
  port: number,
  ...parts: (string | Buffer)[]
): Promise<{ answers: string[]; error: string | undefined }> {
  const client = (await Client.connect(port)).say(...parts);
  return { answers: await client.all(), error: client.error };
}

/** Answers when it is told to. */
export function gate(): { handler: RequestHandler; open: () => void; waiting: Response[] } {
  const waiting: Response[] = [];
  return {
    waiting,
    handler: (_req, res) => void waiting.push(res),
    open: () => {
      for (const res of waiting.splice(0)) res.send('later');
    },
  };
}

export const later: RequestHandler = (_req, res) => {
  setTimeout(() => res.send('later'), 50);
};

/** A service of a few routes. */
export const service = (routes: Record<string, RequestHandler> = {}): Express => {
  const app = express();
  for (const [path, handler] of Object.entries(routes)) app.all(path, handler);
  return app.all('/', (_req, res) => res.send('hello'));
};

/** Answers when the body has come. */
export const reading: RequestHandler = (req, res) => void req.resume().on('end', () => res.send('read'));
