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

/** All that was measured; each list of windows has one for each round, each list of lists one for each stack. */
export interface Report {
  options: Options;
  stacks: Stack[];
  /** The tools of the load, and the CPUs that they ran on. */
  load: string;
  loadCpus: string;
  /** Whether gnuplot is there. */
  canPlot: boolean;
  /** The machine's load average before anything was measured. */
  loadBefore: number;
  /** At which latency was measured, in requests a second. */
  rate: number;
  /** Memory of each before any load, in MB. */
  idle: number[];
  workloads: { name: string; windows: Window[][] }[];
  latencies: Latency[][];
  /** These three of a whole run alone. */
  policies?: {
    workers: number;
    isNew: boolean;
    own: (Window & { share: number })[];
    roundRobin: (Window & { share: number })[];
  }[];
  readers?: { unread: Window[]; read: Window[] };
  growth?: { name: string; connections: number; windows: Window[] }[];
}
