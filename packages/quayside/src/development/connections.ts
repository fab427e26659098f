// The port of the development server, open over all reloads: a connection waits here until there is a worker to take it.
import type { ChildProcess } from 'node:child_process';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { answerFor } from '../http/answer';
import { messageOf } from '../process/channel';
import { guardHosts } from './hosts';
import type { ToPrimary, ToWorker } from './messages';

/** The connections of the development server, and who takes them. */
export interface Connections {
  /** Accepts them; it is the caller's to have it listen. */
  server: Server;
  /** Gives those that wait, and those that come, to a worker. */
  giveTo: (worker: ChildProcess) => void;
  /** Lets them wait; also those that a worker has been given and that have not sent anything, once that worker has ended. */
  hold: () => void;
  /** Answers those that wait, and those that come, with a 500 that shows why. */
  fail: (reason: string) => void;
}

/** What becomes of a connection. */
type Flow =
  { state: 'waiting' } | { state: 'giving'; give: (socket: Socket) => void } | { state: 'failing'; reason: string };

/**
 * Makes the server of the port; until it is told who takes them, connections wait.
 * @param hosts - ALLOWED_HOSTS, for what is answered here
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
  // Paused, so that not a byte is read here: who is given a connection reads its first.
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // One whose client is gone is closed by whoever is given it.
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
        // The copy that is kept is what another worker is given, where this one ends before it has read anything.
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
 * Makes the server that answers in a worker's place. It does not listen.
 * @param reason - says why there is no worker; undefined where there is one again
 */
function createFailing(reason: () => string | undefined): HttpServer {
  return createHttpServer((req, res) => {
    // To the end first, or a client that still sends would not see the answer.
    req.resume().once('end', () => {
      // The next request is for the code that is there then.
      res.setHeader('Connection', 'close');
      const trace = reason();
      if (trace === undefined) {
        // A connection that has been silent until the code was mended: it is to ask again.
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
 * Keeps the copies of the connections that a worker has been given, by their numbers.
 * @param onLeft - called for each that it had not begun with when it ended
 * @param onEnd - called then, after these
 */
function keepGiven(worker: ChildProcess, onLeft: (socket: Socket) => void, onEnd: () => void): Map<number, Socket> {
  const given = new Map<number, Socket>();
  worker.on('message', (received: unknown) => {
    const message = messageOf(received) as ToPrimary | undefined;
    if (message?.type !== 'begun') return;
    // Closes this process's copy of the descriptor; the connection is the worker's alone from here on.
    given.get(message.id)?.destroy();
    given.delete(message.id);
  });
  worker.once('close', () => {
    for (const socket of given.values()) onLeft(socket);
    onEnd();
  });
  return given;
}
