// What the development server's processes say to each other.

/** From the primary to a worker. */
export type ToWorker =
  /** Load the service as it is now, and serve. Comes again with each later change, as long as the worker has not begun. */
  | { type: 'begin'; change: number }
  /** Comes with a connection. */
  | { type: 'connection'; id: number }
  /** Finish what is in flight, and end. */
  | { type: 'drain' };

/** From a worker to the primary. */
export type ToPrimary =
  /** All that can be done before the word to begin is done. */
  | { type: 'ready' }
  /** It begins to load the service, and knows of this change: what comes later is for another worker. */
  | { type: 'loading'; change: number }
  /** It can take connections. */
  | { type: 'serving' }
  /**
   * The service could not start, or did not handle an exception; the worker ends. exitCode is the server's where that was
   * its first start, and the settings are wrong.
   */
  | { type: 'failed'; reason: string; exitCode: number }
  /** All is answered, and the service closes what it has opened. */
  | { type: 'closing' }
  /** The connection has sent something, or is closed: nobody else can take it any more. */
  | { type: 'begun'; id: number };

/** From the primary to the process that checks types: check them as they are now, or give up what has begun. */
export type ToTypes = { type: 'check'; change: number } | { type: 'give up' };

/** Where a worker finds its socket to the compiler, after stdin, stdout, stderr and the channel to the primary. */
export const COMPILER_FD = 4;

/** From the compiler to a worker, first and unasked. All that the two say to each other are lines of JSON. */
export type Greeting = Project | { error: string };

/** How ts-node is set up by tsconfig.json, and what it has made so far. */
export interface Project {
  /** Of the files that say so. */
  stamp: string;
  /** Of the files that are compiled, with their dots. */
  extensions: string[];
  /** Whether these come before .js where a file is required without its extension. */
  isPreferred: boolean;
  /** Whether files in node_modules are for the compiler to decide on, too. */
  hasDependencies: boolean;
  /** Modules to load before the service. */
  preload: string[];
  outputs: Output[];
}

/** A file, as it is to be compiled. */
export interface Source {
  path: string;
  code: string;
}

/** A file, and the JavaScript that was made of it, with its source map inside. */
export type Output = Source & { output: string };

/** From a worker to the compiler: a file to compile, or the project that it knows, if it knows one. */
export type ToCompiler = Source | Partial<Pick<Project, 'stamp'>>;

/** The compiler's answer to a file; neither where it is not for it to compile. */
export interface Compiled {
  output?: string;
  error?: string;
}

/** The compiler's answer to a project: null where it is still the same. */
export type News = Greeting | null;
