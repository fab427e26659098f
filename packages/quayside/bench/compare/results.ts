// What is measured: a window of load, and all that a run of the benchmark finds out.
import type { Latency } from './load';
import type { Options } from './options';
import type { Stack } from './stacks';

/** One window of load on one server. */
export interface Window {
  /** Requests a second. */
  rate: number;
  /** CPU time of a request, of all the server's processes, in microseconds. */
  cost: number;
  errors: number;
  /** At the end of it, in MB. */
  memory: number;
}

/** Memory of one server that was started, in MB. */
export interface Memory {
  idle: number;
  loaded: number;
}

/** What each part measures; each list of windows has one for each round. */
export interface Measured {
  /** Each list has an item for each stack. */
  compared?: {
    workloads: { name: string; isNew: boolean; windows: Window[][] }[];
    /** Memory before any load, in MB. */
    idle: number[];
  };
  /** With the access log off, and with it going to each place. */
  logs?: { workers: number; windows: { name: string; windows: Window[] }[] }[];
  /** 10 KB: by the limit, which makes nothing, makes the body, or makes body and ETag for each request; by identidock. */
  json?: Record<'fromMemory' | 'stringified' | 'hashed' | 'own', Window[]>;
  /** With the stats unread and read; how often, and how often that failed. */
  readers?: { unread: Window[]; read: (Window & { read: number; failed: number })[] };
  memory?: {
    /** With access log, and without. */
    log: Memory[];
    off: Memory[];
    /** Of plain Express in Node's cluster. */
    cluster: Memory[];
    /** Of connections that are kept idle, in KB each. */
    kept: { count: number; own: number[]; limit: number[] };
  };
  /** Of one worker at a fixed rate; the rate, and what it is the half of, in requests a second. */
  latency?: { name: string; saturation: number; rate: number; latencies: Latency[] }[];
  /** How long each garbage collection of one worker took, in ms. */
  pauses?: { seconds: number; rate: number; ms: number[] };
  policies?: {
    workers: number;
    isNew: boolean;
    own: (Window & { share: number })[];
    roundRobin: (Window & { share: number })[];
  }[];
  growth?: { name: string; connections: number; windows: Window[] }[];
}

/** All of one run. */
export interface Report extends Measured {
  options: Options;
  stacks: Stack[];
  /** The tools of the load, and the CPUs that they ran on. */
  load: string;
  loadCpus: string;
  /** Whether gnuplot is there. */
  canPlot: boolean;
  /** The machine's load average before anything was measured. */
  loadBefore: number;
}
