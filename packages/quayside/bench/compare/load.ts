// Loads a server from a container that shares its network, so traffic never leaves the loopback.
import { docker } from './engine';

/** The result of one window of load. */
export interface Result {
  requests: number;
  /** Duration of the load, in s. */
  seconds: number;
  /** Failed or broken connections, responses other than 2xx, timeouts. */
  errors: number;
}

export interface Workload {
  path: string;
  connections: number;
  /** Whether each request uses a new connection. */
  isNew: boolean;
}

/** Latencies at a fixed rate, in ms, and the achieved rate, in requests per second. */
export type Latency = Record<'p50' | 'p99' | 'p999' | 'sent', number>;

const PORT = 9090;
/** Number of connections for a fixed rate. Each waits between two requests. */
const RATE_CONNECTIONS = 200;

/** Reads the output of wrk.lua, after wrk's own lines. */
export function readWrk(output: string): Result & Latency {
  const { requests, micros, errors, latencies } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as {
    latencies: number[];
  } & Record<'requests' | 'micros' | 'errors', number>;
  const seconds = micros / 1e6;
  const [p50 = NaN, p99 = NaN, p999 = NaN] = latencies.map((latency) => latency / 1000);
  return { requests, seconds, errors, sent: requests / seconds, p50, p99, p999 };
}

/** Reads autocannon's output with --json; its latencies are in ms. https://github.com/mcollina/autocannon */
export function readAutocannon(output: string): Result & Latency {
  const { requests, duration, errors, timeouts, non2xx, latency } = JSON.parse(output) as {
    requests: { total: number; average: number };
    latency: { p50: number; p99: number; p99_9: number };
  } & Record<'duration' | 'errors' | 'timeouts' | 'non2xx', number>;
  const { p50, p99, p99_9: p999 } = latency;
  const all = errors + timeouts + non2xx;
  return { requests: requests.total, seconds: duration, errors: all, sent: requests.average, p50, p99, p999 };
}

/** The load tools of one image. */
export class LoadTool {
  readonly isWrk: boolean;
  /** Their names and versions. */
  readonly version: string;

  constructor(private readonly image: string) {
    const first = (...command: string[]) =>
      docker('run', '--rm', this.image, 'sh', '-c', ...command).split('\n')[0] ?? '';
    this.isWrk = first('command -v wrk || true') !== '';
    this.version = this.isWrk
      ? `wrk ${/[\d.]+/.exec(first('wrk --version || true'))?.[0] ?? ''}`
      : `autocannon ${/[\d.]+/.exec(first('autocannon --version'))?.[0] ?? ''}`;
  }

  /** Measures the maximum throughput. */
  run(container: string, { path, connections, isNew }: Workload, seconds: number): Result {
    const url = `http://127.0.0.1:${String(PORT)}${path}`;
    const common = ['-c', String(connections), '-d', String(seconds)];
    // autocannon's --reconnectRate would not wait for the response.
    const close = isNew ? ['-H', 'Connection: close'] : [];
    if (!this.isWrk) return readAutocannon(docker('exec', container, 'autocannon', '--json', ...common, ...close, url));
    return readWrk(docker('exec', container, 'wrk', '-t', '1', '-s', 'wrk.lua', ...common, ...close, url));
  }

  /** Sends requests at a fixed rate per second, at random times, on keep-alive connections. */
  latency(container: string, rate: number, seconds: number): Latency {
    const url = `http://127.0.0.1:${String(PORT)}/`;
    const common = ['-c', String(RATE_CONNECTIONS), '-d', String(seconds)];
    if (!this.isWrk) {
      return readAutocannon(docker('exec', container, 'autocannon', '--json', ...common, '-R', String(rate), url));
    }
    const pause = `PAUSE=${String((RATE_CONNECTIONS * 1000) / rate)}`;
    return readWrk(docker('exec', '-e', pause, container, 'wrk', '-t', '1', '-s', 'wrk.lua', ...common, url));
  }
}
