// A client's connection, from its first request to its end, which is in stages where more may come than was answered.
import { Socket } from 'node:net';
import type { Exchange } from './exchange';

/** How long what comes after the last answer is read and dropped, so that no reset overtakes the answer, in ms. */
const LINGER_MS = 5000;
/** How much of it, in bytes. */
const LINGER_BYTES = 64 * 1024 ** 2;
/** How long the answers to a client that has ended its side may take, in ms: it may have left as well. */
const HALF_CLOSED_MS = 5000;

/** Where a socket has its connection: for a map of all, new ones would cost more, as would the collection of garbage. */
const CONNECTION = Symbol('connection');

interface KnownSocket extends Socket {
  [CONNECTION]?: Connection;
}

// Shared by all sockets, so that a new one takes no function of its own.
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
  /** Its exchanges in flight, from the oldest, whose answer has the socket, to the youngest. */
  private readonly inFlight: Exchange[] = [];
  /** What it had sent when a response of its was last closed, in bytes. */
  private sent = 0;
  /** What it has sent of interim answers since then, in bytes. */
  interim = 0;
  /**
   * open: its requests are served. last: the request that has come is the last one. ending: what still comes is dropped,
   * and it ends after the answers in flight. lingering: all is said, and its end waits for the client's. closed: an answer
   * has been cut, and so are those behind it.
   */
  private state: 'open' | 'last' | 'ending' | 'lingering' | 'closed' = 'open';
  /** The youngest exchange; where its request has not come whole, also after its answer has ended. */
  private youngest: Exchange | undefined;
  /** The exchange by which the service has taken the socket for itself. */
  private taker: Exchange | undefined;
  /** What is said behind the answers in flight. */
  private parting: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Node's own listener, which has what comes parsed. */
  private readonly parse: (...args: unknown[]) => void;

  constructor(
    readonly socket: Socket,
    /** Those that linger, itself among them when it does. */
    private readonly lingering: Set<Connection>,
  ) {
    // One that another process has passed on has it not.
    socket.allowHalfOpen = true;
    [this.parse = () => undefined] = socket.listeners('data') as Connection['parse'][];
    // Node calls it after the last answer. It closes at once, and unread bytes make that a reset.
    socket.destroySoon = endSocket;
    socket.on('end', onSocketEnd).on('close', onSocketClose);
    (socket as KnownSocket)[CONNECTION] = this;
  }

  /** Whether a request that has been read is to be served: not behind the last one, nor where the service reads. */
  accepts(): boolean {
    if (this.state !== 'open') {
      this.drop();
      return false;
    }
    return this.inFlight.length === 0 || this.findTaker() === undefined;
  }

  /** Puts an exchange among those in flight. */
  begin(exchange: Exchange): void {
    this.youngest = exchange;
    this.inFlight.push(exchange);
  }

  /**
   * Takes an exchange from those in flight, when its response is closed.
   * @returns the bytes sent since another one's was, headers and body
   */
  finish(exchange: Exchange): number {
    const { bytesWritten, destroyed } = this.socket;
    // It cannot be found out any more when the next one is the oldest.
    if (!exchange.res.writableFinished) this.findTaker();
    const bytes = bytesWritten - this.sent;
    this.sent = bytesWritten;
    this.interim = 0;
    this.inFlight.splice(this.inFlight.indexOf(exchange), 1);
    // Not kept for as long as the connection is idle: its request has the body.
    if (this.youngest === exchange && exchange.req.complete) this.youngest = undefined;
    if (destroyed) this.state = 'closed';
    else if (this.state === 'ending' && this.inFlight.length === 0) this.part();
    return bytes;
  }

  /** @returns the exchange whose answer has the socket, or had it last */
  oldest(): Exchange | undefined {
    return this.inFlight[0];
  }

  /** @returns the youngest exchange where its request has not come whole */
  unfinished(): Exchange | undefined {
    return this.youngest?.req.complete === false ? this.youngest : undefined;
  }

  /** Whether nothing more is said to what comes. */
  get isEnding(): boolean {
    return this.state !== 'open' && this.state !== 'last';
  }

  /** Makes the request that has come the last one. */
  makeLast(): void {
    if (this.state === 'open') this.state = 'last';
  }

  /**
   * Ends it after the answers in flight; what still comes is dropped.
   * @param parting - is said behind them, where none of them says that it is the last
   */
  endAfterAnswers(parting?: string): void {
    if (this.isEnding) return;
    this.parting = parting;
    this.drop();
    if (this.inFlight.length === 0) this.part();
  }

  /**
   * Finds out whether the service has taken the socket for itself, as for a WebSocket: nothing of the oldest answer is
   * sent, and the response has lost the socket, or somebody else listens to the socket and writes to it.
   * From then on, the socket is not the server's to read or to write to.
   * @returns the exchange by which it has
   */
  findTaker(): Exchange | undefined {
    if (this.taker !== undefined || this.isEnding) return this.taker;
    const oldest = this.oldest();
    if (oldest === undefined || !this.isTaken(oldest)) return undefined;
    this.taker = oldest;
    // It would take each frame for a broken request.
    if (this.isHeard()) this.socket.off('data', this.parse);
    return oldest;
  }

  private isTaken({ res }: Exchange): boolean {
    if (res.headersSent) return res.statusCode === 101;
    if (res.socket === null) return true;
    return this.isHeard() && this.socket.bytesWritten - this.sent > this.interim;
  }

  /** Whether somebody else reads what the client sends. */
  private isHeard(): boolean {
    const { socket } = this;
    return socket.listenerCount('readable') > 0 || socket.listeners('data').some((listener) => listener !== this.parse);
  }

  /** Ends it after its last answer: at once, unless more has come, or is still to come, than that was an answer to. */
  end(): void {
    const { socket } = this;
    // The client has ended its side, which does not make an answer the last.
    if (this.parting !== undefined && socket.readableEnded) return;
    const isAnswered = !this.isEnding && this.unfinished() === undefined;
    if (isAnswered || this.findTaker() !== undefined) Socket.prototype.destroySoon.call(socket);
    else this.linger();
  }

  /** Says what there is to say, and ends it. */
  private part(): void {
    if (!this.socket.writable) return;
    if (this.parting !== undefined) this.socket.write(this.parting);
    this.linger();
  }

  /** Has what still comes read and dropped, without Node's parser. */
  private drop(): void {
    if (this.isEnding) return;
    this.state = 'ending';
    let dropped = 0;
    this.socket.removeAllListeners('data').on('data', ({ length }: Buffer) => {
      dropped += length;
      if (dropped > LINGER_BYTES) this.socket.destroy();
    });
  }

  /** Ends its own side, and then reads until the client ends the other one, but not without bounds. */
  private linger(): void {
    const { socket } = this;
    if (this.state === 'lingering' || socket.destroyed) return;
    this.drop();
    this.state = 'lingering';
    this.lingering.add(this);
    socket.end();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    // When the parser is done with what has come, and those have been told who wait for the end of the answer.
    setImmediate(() => {
      // A read that was begun while the parser had the socket never ends by itself; without it, there would be no other.
      socket.push('');
      socket.resume();
      const unfinished = this.unfinished();
      if (unfinished !== undefined) breakOff(unfinished);
    });
  }

  /** Bounds the time of answers to a client that has ended its side: nothing else tells of one that has left. */
  boundAnswers(): void {
    if (this.inFlight.length === 0 || this.state === 'lingering') return;
    // As Node does, unless the service has a say in it.
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
      // An answer of known length ends by itself, as long as the service goes on with it.
      if (isMoving && res?.headersSent && res.hasHeader('Content-Length')) this.timer?.refresh();
      else this.socket.end();
    }, HALF_CLOSED_MS).unref();
  }

  /**
   * Has answers that Node has lost, or forgets, emit 'close', so that whatever waits for them can rely on it: those whose
   * socket was taken away, and in older releases, 20 among them, those queued behind another, by pipelining.
   */
  close(): void {
    clearTimeout(this.timer);
    this.lingering.delete(this);
    for (const { res } of this.inFlight) {
      // Node, where it tells, does so once the listeners of the connection have been called.
      setImmediate(() => {
        if (!res.closed) res.emit('close');
      });
    }
  }
}

/** Tells whoever reads a request that its rest never comes, as Node does, but without closing the connection. */
function breakOff({ req }: Exchange): void {
  req._destroy = (error, callback) => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- services still go by it
    req.aborted = true;
    req.emit('aborted');
    callback(req.listenerCount('error') > 0 ? error : null);
  };
  req.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}
