// Loads a server from a container that shares its network, so traffic never leaves the loopback.
import { docker } from './engine';
import { percentile } from './statistics';

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
/** Number of connections for a fixed rate. */
const RATE_CONNECTIONS = 50;

/** Reads the output of wrk.lua, after wrk's own lines. */
export function readWrk(output: string): Result {
  const { requests, micros, errors } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  return { requests: requests ?? NaN, seconds: (micros ?? NaN) / 1e6, errors: errors ?? NaN };
}

/**
 * Reads h2load's log of requests: start, status and duration, times in microseconds. The first second, in which
 * connections are opened, is left out. https://nghttp2.org/documentation/h2load.1.html
 */
export function readH2load(log: string): Latency {
  const rows = log
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map(Number));
  const begin = Math.min(...rows.map(([start = NaN]) => start)) + 1e6;
  const answered = rows.filter(([start = 0, status]) => start >= begin && status === 200);
  const ms = answered.map(([, , micros = NaN]) => micros / 1000);
  const sent = (answered.length * 1e6) / (Math.max(...answered.map(([start = NaN]) => start)) - begin);
  return { sent, p50: percentile(ms, 0.5), p99: percentile(ms, 0.99), p999: percentile(ms, 0.999) };
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
      ? `wrk ${/[\d.]+/.exec(first('wrk --version || true'))?.[0] ?? ''}, ${first('h2load --version')}`
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

  /** Sends requests at a fixed rate per second, on keep-alive connections. */
  latency(container: string, rate: number, seconds: number): Latency {
    const url = `http://127.0.0.1:${String(PORT)}/`;
    if (!this.isWrk) {
      const common = ['-c', String(RATE_CONNECTIONS), '-d', String(seconds), '-R', String(rate)];
      return readAutocannon(docker('exec', container, 'autocannon', '--json', ...common, url));
    }
    const own = ['-c', String(RATE_CONNECTIONS), '-D', String(seconds + 1), '--rps', String(rate / RATE_CONNECTIONS)];
    const h2load = `h2load --h1 ${own.join(' ')} --log-file=/tmp/log ${url} >/dev/null`;
    return readH2load(docker('exec', container, 'sh', '-c', `rm -f /tmp/log; ${h2load} && cat /tmp/log`));
  }
}
