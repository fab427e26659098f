// An app behind this server and behind Node's own: to the same bytes, the same bytes come back.
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { Client, headerOf, type Answer } from '../../harness/bytes';
import { eventually } from '../../harness/eventually';
import { createServer } from '../../src/http/server';
import { config, log } from '../unit/observer';

/** What a service sees and no client does; it is compared, too. */
export type Note = (line: string) => void;

/** What one connection does: requests that are sent one after the other's answer, or something of its own. */
type Connection = string[] | ((client: Client) => Promise<void>);

export interface Case {
  name: string;
  app: (app: Express, note: Note) => void;
  connections: Connection[];
  /** How many notes there are, where the last may come after the answers. */
  notes?: number;
}

/** Headers that differ by design. */
const differing = [
  // It is now.
  'Date',
  // This server adds it; a service sees it, and may change it.
  'X-Request-Id',
];

/**
 * What is not compared of an answer to what the service has not handled. Express answers with a page of HTML; this server
 * with a short text or JSON, without what was said of another body.
 */
const ofUnhandled = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Length',
  'Content-Security-Policy',
  'Content-Type',
  'ETag',
  'Last-Modified',
  'X-Content-Type-Options',
];

// What differs beside that, and is left out by the cases: after an error that follows a whole answer, Express closes the
// connection, and this server does not. Early hints that wait behind another answer Node sends behind their answer's
// headers where its body is a Buffer; here a string follows them, and they come first.

const isOf = (names: string[]) => (line: string) =>
  names.some((name) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));

function isUnhandled({ status, head, body }: Answer): boolean {
  if (headerOf(head, 'Content-Security-Policy') === "default-src 'none'") return true;
  if (body !== '') return /^(?:\d{3} .*\n(?:Request ID: .*\n)?|\{"status":\d{3},"error":".*\}\n)$/.test(body);
  return status >= 400 && headerOf(head, 'X-Content-Type-Options') === 'nosniff';
}

/** The bytes that came, without what differs by design. */
function comparable({ received, answers }: Client): string {
  let at = 0;
  const parts = answers.map((answer) => {
    const { head, body } = answer;
    at += head.length + body.length;
    if (!isUnhandled(answer)) return head + body;
    const isDescribing = isOf(ofUnhandled);
    const [statusLine, ...lines] = head.split('\r\n');
    return [statusLine, ...lines.filter((line) => line !== '' && !isDescribing(line)), '', ''].join('\r\n');
  });
  const lines = [...parts, received.slice(at)].join('').split('\r\n');
  const differs = isOf(differing);
  return lines.filter((line) => !differs(line)).join('\r\n');
}

const open: { server: Server; clients: Client[] }[] = [];
afterEach(() => {
  for (const { server, clients } of open.splice(0)) {
    for (const client of clients) client.destroy();
    server.close();
    server.closeAllConnections();
  }
});

/** Serves, has each connection do what it does, and says what came of it. */
async function outcomeOf(server: Server, connections: Connection[], wait: () => Promise<string[]>) {
  const clients: Client[] = [];
  open.push({ server, clients });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answers: string[] = [];
  for (const connection of connections) {
    const client = new Client(port);
    clients.push(client);
    if (typeof connection === 'function') await connection(client);
    else for (const bytes of connection) await client.send(bytes).answered();
    // What says that it closes is to do so.
    if (/^close$/i.test(headerOf(client.answers.at(-1)?.head ?? '', 'Connection') ?? '')) await client.ended();
    answers.push(comparable(client));
  }
  return { answers, notes: await wait() };
}

/** Compares an app behind both servers. */
export async function expectSame({ app: use, connections, notes = 0 }: Omit<Case, 'name'>): Promise<void> {
  const outcome = async (serverOf: (app: Express) => Server) => {
    const noted: string[] = [];
    // This server disables it. A header that is set before the service sees the response makes Node's writeHead() another.
    const app = express().disable('x-powered-by');
    use(app, (line) => noted.push(line));
    return outcomeOf(serverOf(app), connections, () => eventually(() => (noted.length >= notes ? noted : undefined)));
  };
  const expected = await outcome((app) =>
    createHttpServer({ keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT * 1000 }, app),
  );
  // Or nothing would be compared.
  expect(expected.answers.join('') + expected.notes.join('')).not.toBe('');
  expect(await outcome((app) => createServer(app, { config, log }))).toEqual(expected);
}

/** Makes a test of each case. */
export function testSame(cases: Case[]): void {
  test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => expectSame(one));
}
