// A client's connection, from its first request to its end. It ends in stages if the client may still be sending.
import { Socket } from 'node:net';
import type { Exchange } from './exchange';

/** How long data after the last response is read and dropped, so that no reset overtakes the response, in ms. */
const LINGER_MS = 5000;
/** How much of it, in bytes. */
const LINGER_BYTES = 64 * 1024 ** 2;
/** How long responses to a client that has ended its side may take, in ms: it may be gone. */
const HALF_CLOSED_MS = 5000;

/** The socket's property for its connection: a map would make new connections and garbage collection more expensive. */
const CONNECTION = Symbol('connection');

interface KnownSocket extends Socket {
  [CONNECTION]?: Connection;
}

// Shared by all sockets, so that a new socket needs no functions of its own.
function endSocket(this: KnownSocket): void {
  this[CONNECTION]?.end();
}
function onSocketEnd(this: KnownSocket): void {
  this[CONNECTION]?.boundAnswers();
}
function onSocketClose(this: KnownSocket): void {
  this[CONNECTION]?.close();
}

/** @returns the connection of a socket; undefined before its first request */
export function connectionOf(socket: Socket): Connection | undefined {
  return (socket as KnownSocket)[CONNECTION];
}

export class Connection {
  /** Its exchanges in flight, from the oldest, whose response has the socket, to the youngest. */
  private readonly inFlight: Exchange[] = [];
  /** Bytes sent when its last response was closed. */
  private sent = 0;
  /** Bytes of interim responses sent since then. */
  interim = 0;
  /**
   * open: its requests are served. last: the current request is the last one. ending: further data is dropped, and it ends
   * after the responses in flight. lingering: everything is sent, and it waits for the client's end. closed: a response
   * was cut, and so are those behind it.
   */
  private state: 'open' | 'last' | 'ending' | 'lingering' | 'closed' = 'open';
  /** The youngest exchange; kept after its response has ended if its request is incomplete. */
  private youngest: Exchange | undefined;
  /** The exchange through which the service has taken over the socket. */
  private taker: Exchange | undefined;
  /** What is sent after the responses in flight. */
  private parting: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Node's own listener, which passes data to the parser. */
  private readonly parse: (...args: unknown[]) => void;

  constructor(
    readonly socket: Socket,
    /** All lingering connections, including this one when it lingers. */
    private readonly lingering: Set<Connection>,
  ) {
    // Not set on a socket that another process has passed on.
    socket.allowHalfOpen = true;
    [this.parse = () => undefined] = socket.listeners('data') as Connection['parse'][];
    // Node calls this after the last response. Its own version closes at once, which unread bytes turn into a reset.
    socket.destroySoon = endSocket;
    socket.on('end', onSocketEnd).on('close', onSocketClose);
    (socket as KnownSocket)[CONNECTION] = this;
  }

  /** @returns whether to serve a request: not after the last one, and not if the service has taken over the socket */
  accepts(): boolean {
    if (this.state !== 'open') {
      this.drop();
      return false;
    }
    return this.inFlight.length === 0 || this.findTaker() === undefined;
  }

  /** Adds an exchange to those in flight. */
  begin(exchange: Exchange): void {
    this.youngest = exchange;
    this.inFlight.push(exchange);
  }

  /**
   * Removes an exchange from those in flight when its response is closed.
   * @returns the bytes sent since the previous one was closed, headers and body
   */
  finish(exchange: Exchange): number {
    const { bytesWritten, destroyed } = this.socket;
    // Once the next exchange is the oldest, this could no longer be determined.
    if (!exchange.res.writableFinished) this.findTaker();
    const bytes = bytesWritten - this.sent;
    this.sent = bytesWritten;
    this.interim = 0;
    this.inFlight.splice(this.inFlight.indexOf(exchange), 1);
    // An idle connection must not retain the request, which holds the body.
    if (this.youngest === exchange && exchange.req.complete) this.youngest = undefined;
    if (destroyed) this.state = 'closed';
    else if (this.state === 'ending' && this.inFlight.length === 0) this.part();
    return bytes;
  }

  /** @returns the exchange whose response has the socket, or had it last */
  oldest(): Exchange | undefined {
    return this.inFlight[0];
  }

  /** @returns the youngest exchange if its request is incomplete */
  unfinished(): Exchange | undefined {
    return this.youngest?.req.complete === false ? this.youngest : undefined;
  }

  /** Whether further data gets no response. */
  get isEnding(): boolean {
    return this.state !== 'open' && this.state !== 'last';
  }

  /** Makes the current request the last one. */
  makeLast(): void {
    if (this.state === 'open') this.state = 'last';
  }

  /**
   * Ends the connection after the responses in flight; further data is dropped.
   * @param parting - sent after them, unless one of them already ends the connection
   */
  endAfterAnswers(parting?: string): void {
    if (this.isEnding) return;
    this.parting = parting;
    this.drop();
    if (this.inFlight.length === 0) this.part();
  }

  /**
   * Finds out whether the service has taken over the socket, such as for a WebSocket: nothing of the oldest response has
   * been sent, and either the response has lost the socket, or other code listens to the socket and writes to it.
   * From then on, the server neither reads nor writes the socket.
   * @returns the exchange through which it has
   */
  findTaker(): Exchange | undefined {
    if (this.taker !== undefined || this.isEnding) return this.taker;
    const oldest = this.oldest();
    if (oldest === undefined || !this.isTaken(oldest)) return undefined;
    this.taker = oldest;
    // The parser would take each frame for a malformed request.
    if (this.isHeard()) this.socket.off('data', this.parse);
    return oldest;
  }

  private isTaken({ res }: Exchange): boolean {
    if (res.headersSent) return res.statusCode === 101;
    if (res.socket === null) return true;
    return this.isHeard() && this.socket.bytesWritten - this.sent > this.interim;
  }

  /** Whether other code reads what the client sends. */
  private isHeard(): boolean {
    const { socket } = this;
    return socket.listenerCount('readable') > 0 || socket.listeners('data').some((listener) => listener !== this.parse);
  }

  /** Ends the connection after its last response: at once, unless more data has come or is still to come. */
  end(): void {
    const { socket } = this;
    // The client has ended its side; that alone does not make a response the last one.
    if (this.parting !== undefined && socket.readableEnded) return;
    const isAnswered = !this.isEnding && this.unfinished() === undefined;
    if (isAnswered || this.findTaker() !== undefined) Socket.prototype.destroySoon.call(socket);
    else this.linger();
  }

  /** Sends the parting message, if any, and lingers. */
  private part(): void {
    if (!this.socket.writable) return;
    if (this.parting !== undefined) this.socket.write(this.parting);
    this.linger();
  }

  /** Reads and drops further data, bypassing Node's parser. */
  private drop(): void {
    if (this.isEnding) return;
    this.state = 'ending';
    let dropped = 0;
    this.socket.removeAllListeners('data').on('data', ({ length }: Buffer) => {
      dropped += length;
      if (dropped > LINGER_BYTES) this.socket.destroy();
    });
  }

  /** Ends its own side, then reads until the client ends the other, within bounds. */
  private linger(): void {
    const { socket } = this;
    if (this.state === 'lingering' || socket.destroyed) return;
    this.drop();
    this.state = 'lingering';
    this.lingering.add(this);
    socket.end();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    // Later, when the parser has handled the data and the listeners for the response's end have run.
    setImmediate(() => {
      // A read that started while the parser had the socket never ends by itself, and would block all others.
      socket.push('');
      socket.resume();
      const unfinished = this.unfinished();
      if (unfinished !== undefined) breakOff(unfinished);
    });
  }

  /** Limits the time of responses to a client that has ended its side: there is no other way to tell that it is gone. */
  boundAnswers(): void {
    if (this.inFlight.length === 0 || this.state === 'lingering') return;
    // If the service has the socket, do as Node does.
    if (this.findTaker() !== undefined) {
      this.socket.end();
      return;
    }
    let before = this.socket.bytesWritten;
    this.timer = setTimeout(() => {
      const res = this.oldest()?.res;
      const { bytesWritten, writableLength } = this.socket;
      const isMoving = bytesWritten > before || writableLength > 0;
      before = bytesWritten;
      // A response of known length ends by itself, as long as the service keeps sending it.
      if (isMoving && res?.headersSent && res.hasHeader('Content-Length')) this.timer?.refresh();
      else this.socket.end();
    }, HALF_CLOSED_MS).unref();
  }

  /**
   * Makes responses that Node forgets emit 'close', so that listeners can rely on it: those whose socket was taken away,
   * and, in older releases such as 20, pipelined ones queued behind another.
   */
  close(): void {
    clearTimeout(this.timer);
    this.lingering.delete(this);
    for (const { res } of this.inFlight) {
      // Where Node emits it, it does so after the connection's listeners have run.
      setImmediate(() => {
        if (!res.closed) res.emit('close');
      });
    }
  }
}

/** Tells readers of a request that its rest never comes, as Node does, but without closing the connection. */
function breakOff({ req }: Exchange): void {
  const destroy: typeof req._destroy = (error, callback) => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- services still go by it
    req.aborted = true;
    req.emit('aborted');
    callback(req.listenerCount('error') > 0 ? error : null);
  };
  req._destroy = destroy;
  req.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}
