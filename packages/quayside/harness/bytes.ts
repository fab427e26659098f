// A client of raw bytes: it sends what Node's own client would not, and sees what comes back as it is.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came. Text is in latin1 throughout: a character is a byte. */
export interface Answer {
  status: number;
  /** From the status line to the empty line, both included. */
  head: string;
  /** As it was framed: chunked where it came so. */
  body: string;
}

/** The bytes of a request without a body, or with one of a known length. */
export function bytesOf(method: string, target: string, headers: string[] = [], body?: string): string {
  const length = body === undefined ? [] : [`Content-Length: ${String(body.length)}`];
  return [`${method} ${target} HTTP/1.1`, 'Host: a', ...headers, ...length, '', body ?? ''].join('\r\n');
}

/** The bytes of a chunked body. */
export function chunked(chunks: string[], trailers: string[] = []): string {
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return `${framed}0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** @returns the value of a header, or undefined; where there are several, the first */
export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)\\r$`, 'im').exec(head)?.[1];
}

/** @returns how long a chunked body is, with its trailers; undefined where it has not come whole */
function chunkedLength(text: string): number | undefined {
  const whole = /^(?:0*[1-9a-f][\da-f]*[^\r\n]*\r\n)/i;
  for (let at = 0; ;) {
    const line = whole.exec(text.slice(at, at + 1000))?.[0];
    if (line === undefined) {
      const end = /^0+\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(at))?.[0];
      return end === undefined ? undefined : at + end.length;
    }
    at += line.length + Number.parseInt(line, 16) + 2;
  }
}

/** @returns how long the body behind a head is; undefined where it has not come whole, or ends with the connection alone */
function bodyLength(head: string, rest: string, method: string | undefined): number | undefined {
  const status = Number(head.slice(9, 12));
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  if (headerOf(head, 'Transfer-Encoding') !== undefined) return chunkedLength(rest);
  const length = headerOf(head, 'Content-Length');
  return length === undefined || rest.length < Number(length) ? undefined : Number(length);
}

/** One connection. */
export class Client {
  /** All that has come. */
  received = '';
  /** Whether the server has ended or reset the connection. */
  hasEnded = false;
  /** By what the connection was broken. */
  error: string | undefined;
  readonly socket: Socket;
  /** The end of both sides. */
  readonly closed: Promise<unknown>;
  private readonly methods: string[] = [];

  /** @param options.allowHalfOpen - whether it leaves its side open when the server has ended its own */
  constructor(port: number, options: { allowHalfOpen?: boolean } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', ...options }).setEncoding('latin1');
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.error = code;
    });
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.hasEnded = true;
        this.socket.emit('data', '');
      });
    }
  }

  /**
   * Sends bytes.
   * @param methods - of the requests in them, by which it is known how their answers end; found where absent
   */
  send(bytes: string, methods?: string[]): this {
    const found = Array.from(bytes.matchAll(/^([A-Z]+) \S+ HTTP\/\d/gm), ([, method = '']) => method);
    this.methods.push(...(methods ?? found));
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** Sends no more. */
  end(): this {
    this.socket.end();
    return this;
  }

  /** Closes the connection, at once and without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  /** The answers that have come whole so far, interim ones among them. */
  get answers(): Answer[] {
    const answers: Answer[] = [];
    let text = this.received;
    let final = 0;
    for (;;) {
      const head = /^HTTP\/1\.1 \d{3}[^]*?\r\n\r\n/.exec(text)?.[0];
      if (head === undefined) return answers;
      const status = Number(head.slice(9, 12));
      const rest = text.slice(head.length);
      const known = bodyLength(head, rest, this.methods[final]);
      const isUntilEnd =
        headerOf(head, 'Transfer-Encoding') === undefined && headerOf(head, 'Content-Length') === undefined;
      const length = known ?? (this.hasEnded && isUntilEnd ? rest.length : undefined);
      if (length === undefined) return answers;
      if (status >= 200 || status === 101) final += 1;
      answers.push({ status, head, body: rest.slice(0, length) });
      text = rest.slice(length);
    }
  }

  /** Waits until each request that was sent has its answer, or the server has ended the connection. */
  async answered(): Promise<Answer[]> {
    return this.saw(({ answers }) => answers.filter(({ status }) => status >= 200).length >= this.methods.length);
  }

  /** Waits until the server has ended the connection. */
  async ended(): Promise<void> {
    while (!this.hasEnded) await once(this.socket, 'data');
  }

  /** Waits until what has come is like this, or the server has ended the connection. */
  async saw(is: (client: this) => boolean): Promise<Answer[]> {
    while (!this.hasEnded && !is(this)) await once(this.socket, 'data');
    return this.answers;
  }
}
