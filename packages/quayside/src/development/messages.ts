// Messages between the development server's processes.

/** From the primary to a worker. */
export type ToWorker =
  /** Load the current code of the service, and serve. Sent again at each later change, until the worker starts loading. */
  | { type: 'begin'; change: number }
  /** Accompanies a connection. */
  | { type: 'connection'; id: number }
  /** Finish what is in flight, and exit. */
  | { type: 'drain' };

/** From a worker to the primary. */
export type ToPrimary =
  /** Everything that can be done before 'begin' is done. */
  | { type: 'ready' }
  /** It starts to load the service as of this change; later changes are for another worker. */
  | { type: 'loading'; change: number }
  /** It can take connections. */
  | { type: 'serving' }
  /**
   * The service could not start, or did not handle an exception; the worker exits. The server exits with exitCode if this
   * was its first start and the settings are wrong.
   */
  | { type: 'failed'; reason: string; exitCode: number }
  /** Everything is answered, and the service's close() runs. */
  | { type: 'closing' }
  /** The connection has sent something, or is closed: no other worker can take it. */
  | { type: 'begun'; id: number };

/** From the primary to the type checker: check the current code, or cancel the current check. */
export type ToTypes = { type: 'check'; change: number } | { type: 'give up' };

/** The file descriptor of a worker's socket to the compiler, after stdin, stdout, stderr and the IPC channel. */
export const COMPILER_FD = 4;

/** From the compiler to a worker, first and unrequested. All messages between the two are lines of JSON. */
export type Greeting = Project | { error: string };

/** ts-node's configuration from tsconfig.json, and its output so far. */
export interface Project {
  /** Identifies the state of the configuration files. */
  stamp: string;
  /** Extensions of the files that are compiled, with the dot. */
  extensions: string[];
  /** Whether these come before .js if a file is required without its extension. */
  isPreferred: boolean;
  /** Whether the compiler also decides on files in node_modules. */
  hasDependencies: boolean;
  /** Modules to load before the service. */
  preload: string[];
  outputs: Output[];
}

/** A file to compile. */
export interface Source {
  path: string;
  code: string;
}

/** A file and its compiled JavaScript, with an inline source map. */
export type Output = Source & { output: string };

/** From a worker to the compiler: a file to compile, or the stamp of the project that it knows, if any. */
export type ToCompiler = Source | Partial<Pick<Project, 'stamp'>>;

/** The compiler's reply to a file; empty if the file is not to be compiled. */
export interface Compiled {
  output?: string;
  error?: string;
}

/** The compiler's reply to a project: null if it is unchanged. */
export type News = Greeting | null;
