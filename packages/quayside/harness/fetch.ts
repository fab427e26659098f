// One request on a connection of its own, so that no test keeps another's server from closing.
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';

export interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Requests a path from a port of 127.0.0.1. Rejects where no whole answer comes. */
export async function fetch(
  port: number,
  path = '/',
  { body, ...options }: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** Requests a path of a stats server, again where this process was so late with it that it was taken for silence. */
export async function fetchStats(port: number, path = '/', options: RequestOptions = {}): Promise<Answer> {
  for (;;) {
    try {
      return await fetch(port, path, options);
    } catch (error) {
      if ((error as { code?: string }).code !== 'HPE_INVALID_CONSTANT') throw error;
    }
  }
}
