// Interim answers, as 103: what they take of a connection's bytes is no answer.
import type { Express, Response } from 'express';
import type { Exchanges } from './exchange';

/** The methods of a response that send one; the last is of newer releases, 26 among them. */
const senders = ['writeContinue', 'writeProcessing', 'writeEarlyHints', 'writeInformation'];

/** What a response has sent, or has to send once its turn has come, in bytes, with all that its connection had sent before. */
const sentBy = ({ req, socket, writableLength }: Response) =>
  socket === null ? writableLength : req.socket.bytesWritten;

/** Has the responses of an app count the bytes of the interim answers that they send, for their connection. */
export function countInterim({ response }: Pick<Express, 'response'>, exchanges: Exchanges): void {
  const methods = response as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  for (const name of senders) {
    const send = methods[name];
    if (send === undefined) continue;
    methods[name] = function (this: Response, ...args: unknown[]) {
      const connection = exchanges.connectionOf(this.req.socket);
      const { interim } = connection;
      const before = sentBy(this);
      const result = send.apply(this, args);
      // Not added to what it is now: one of these methods may have called another.
      connection.interim = interim + sentBy(this) - before;
      return result;
    };
  }
}
