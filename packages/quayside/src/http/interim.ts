// Counts the bytes of interim responses, such as 103, which do not belong to a final response.
import type { Express, Response } from 'express';
import type { Exchanges } from './exchange';

/** The response methods that send one; the last exists only in newer releases, such as 26. */
const senders = ['writeContinue', 'writeProcessing', 'writeEarlyHints', 'writeInformation'];

/** Bytes that a response has sent, including earlier ones of its connection, or has queued until its turn. */
const sentBy = ({ req, socket, writableLength }: Response) =>
  socket === null ? writableLength : req.socket.bytesWritten;

/** Makes an app's responses count the bytes of their interim responses, for their connection. */
export function countInterim({ response }: Pick<Express, 'response'>, exchanges: Exchanges): void {
  const methods = response as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  for (const name of senders) {
    const send = methods[name];
    if (send === undefined) continue;
    const counting = function (this: Response, ...args: unknown[]) {
      const connection = exchanges.connectionOf(this.req.socket);
      const { interim } = connection;
      const before = sentBy(this);
      const result = send.apply(this, args);
      // Set, not added: one of these methods may have called another.
      connection.interim = interim + sentBy(this) - before;
      return result;
    };
    methods[name] = counting;
  }
}
