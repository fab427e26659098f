// Types of results: one window of load, and everything that a run measures.
import type { Latency } from './load';
import type { Options } from './options';
import type { Stack } from './stacks';

/** One window of load on one server. */
export interface Window {
  /** Requests per second. */
  rate: number;
  /** CPU time per request, of all the server's processes, in microseconds. */
  cost: number;
  errors: number;
  /** Memory at the end, in MB. */
  memory: number;
}

/** Memory of one started server, in MB. */
export interface Memory {
  idle: number;
  loaded: number;
}

/** The results of each part; each list of windows has one per round. */
export interface Measured {
  /** Each list has one item per stack. */
  compared?: {
    workloads: { name: string; isNew: boolean; windows: Window[][] }[];
    /** Memory before any load, in MB. */
    idle: number[];
  };
  /** With the access log off, and with each destination. */
  logs?: { workers: number; windows: { name: string; windows: Window[] }[] }[];
  /** 10 KB: from the limit, which per request computes nothing, the body, or body and ETag; and from identidock. */
  json?: Record<'fromMemory' | 'stringified' | 'hashed' | 'own', Window[]>;
  /** Without a reader, with one of a copy of the stats, and with one of the stats; with the number of reads and failures. */
  readers?: Record<'unread' | 'copy' | 'stats', (Window & { read: number; failed: number })[]>;
  memory?: {
    /** identidock with and without access log. */
    log: Memory[];
    off: Memory[];
    /** Plain Express in Node's cluster. */
    cluster: Memory[];
    /** Idle connections, in KB each. */
    kept: { count: number; own: number[]; limit: number[] };
  };
  /** One worker at a fixed rate; the rate and the saturation in requests per second. */
  latency?: { name: string; saturation: number; rate: number; latencies: Latency[] }[];
  /** Duration of each garbage collection of one worker, in ms. */
  pauses?: { seconds: number; rate: number; ms: number[] };
  policies?: {
    workers: number;
    isNew: boolean;
    own: (Window & { share: number })[];
    roundRobin: (Window & { share: number })[];
  }[];
  growth?: { name: string; connections: number; windows: Window[] }[];
}

/** The results of one run. */
export interface Report extends Measured {
  options: Options;
  stacks: Stack[];
  /** The load tools, and the CPUs that they ran on. */
  load: string;
  loadCpus: string;
  /** The machine's load average before anything was measured. */
  loadBefore: number;
}
