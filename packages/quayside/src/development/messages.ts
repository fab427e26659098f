// What the development server's primary and its workers say to each other.

export type ToWorker =
  /** Load the service as it is now, and serve. Comes again with each later change, as long as the worker has not begun. */
  | { type: 'begin'; change: number }
  /** Comes with a connection. */
  | { type: 'connection'; id: number }
  /** Finish what is in flight, and end. */
  | { type: 'drain' };

export type ToPrimary =
  /** All that can be done before the word to begin is done. */
  | { type: 'ready' }
  /** It begins to load the service, and knows of this change: what comes later is for another worker. */
  | { type: 'loading'; change: number }
  /** It can take connections. */
  | { type: 'serving' }
  /** The service could not start, or did not handle an exception; the worker ends. */
  | { type: 'failed'; reason: string }
  /** The connection has sent something, or is closed: nobody else can take it any more. */
  | { type: 'begun'; id: number };
