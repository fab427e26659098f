// The development server's port, which stays open during reloads: a connection waits here until a worker can take it.
import type { ChildProcess } from 'node:child_process';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { answerFor } from '../http/answer';
import { messageOf } from '../process/channel';
import { guardHosts } from './hosts';
import type { ToPrimary, ToWorker } from './messages';

/** The development server's connections, and who takes them. */
export interface Connections {
  /** Accepts them; the caller makes it listen. */
  server: Server;
  /** Gives waiting and new connections to a worker. */
  giveTo: (worker: ChildProcess) => void;
  /** Lets connections wait, including those that sent nothing to a worker before it exited. */
  hold: () => void;
  /** Answers waiting and new connections with a 500 that shows the reason. */
  fail: (reason: string) => void;
}

/** What happens to a connection. */
type Flow =
  { state: 'waiting' } | { state: 'giving'; give: (socket: Socket) => void } | { state: 'failing'; reason: string };

/**
 * Creates the server of the port. Connections wait until they are given to a worker.
 * @param hosts - ALLOWED_HOSTS, for the responses sent from here
 */
export function createConnections(hosts: string[]): Connections {
  let now: Flow = { state: 'waiting' };
  let nextId = 0;
  const waiting = new Set<Socket>();
  const failing = createFailing(() => (now.state === 'failing' ? now.reason : undefined));
  guardHosts(failing, hosts);

  const flow = () => {
    for (const socket of waiting) {
      if (now.state === 'waiting') return;
      waiting.delete(socket);
      if (now.state === 'giving') now.give(socket);
      else {
        failing.emit('connection', socket);
        socket.resume();
      }
    }
  };
  // Paused, so no byte is read here: the worker reads the first one.
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // If the client is gone, the receiver closes the connection.
    socket.on('error', () => undefined);
    waiting.add(socket);
    flow();
  });

  return {
    server,
    giveTo: (worker) => {
      const given = keepGiven(worker, (socket) => waiting.add(socket), flow);
      const give = (socket: Socket) => {
        const message: ToWorker = { type: 'connection', id: nextId };
        given.set(nextId, socket);
        nextId += 1;
        // The kept copy goes to another worker if this one exits before reading anything.
        worker.send(message, socket, { keepOpen: true }, () => undefined);
      };
      now = { state: 'giving', give };
      flow();
    },
    hold: () => {
      now = { state: 'waiting' };
    },
    fail: (reason) => {
      now = { state: 'failing', reason };
      flow();
    },
  };
}

/**
 * Creates the server that answers instead of a worker. It does not listen.
 * @param reason - returns why there is no worker; undefined once there is one again
 */
function createFailing(reason: () => string | undefined): HttpServer {
  return createHttpServer((req, res) => {
    // Read to the end first, or a client that is still sending would not see the response.
    req.resume().once('end', () => {
      // The next request should reach the code of that time.
      res.setHeader('Connection', 'close');
      const trace = reason();
      if (trace === undefined) {
        // The code was fixed before the connection sent its request: the client should retry.
        res.writeHead(307, { Location: req.url }).end();
        return;
      }
      const kind = req.headers.accept?.includes('text/html') === true ? 'html' : 'text';
      const { type, body } = answerFor(500, kind, { trace });
      res.writeHead(500, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    });
  });
}

/**
 * Keeps copies of the connections given to a worker, by number.
 * @param onLeft - called for each connection that the worker had not started reading when it ended
 * @param onEnd - called after these
 */
function keepGiven(worker: ChildProcess, onLeft: (socket: Socket) => void, onEnd: () => void): Map<number, Socket> {
  const given = new Map<number, Socket>();
  worker.on('message', (received: unknown) => {
    const message = messageOf(received) as ToPrimary | undefined;
    if (message?.type !== 'begun') return;
    // Closes this process's copy of the descriptor; from here on only the worker has the connection.
    given.get(message.id)?.destroy();
    given.delete(message.id);
  });
  worker.once('close', () => {
    for (const socket of given.values()) onLeft(socket);
    onEnd();
  });
  return given;
}
