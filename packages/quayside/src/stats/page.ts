// The page for browsers: its files, and the data for its charts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SAMPLE_MS, type Sample } from './history';
import type { Snapshot } from './snapshot';

/** Folder of its sources, which are not compiled. */
const FOLDER = join(__dirname, '../../src/stats/page');

/** Files by request path. */
const files: Record<string, { path: () => string; type: string }> = {
  '/': { path: () => join(FOLDER, 'page.html'), type: 'text/html; charset=utf-8' },
  '/page/page.css': { path: () => join(FOLDER, 'page.css'), type: 'text/css; charset=utf-8' },
  '/page/page.js': { path: () => join(FOLDER, 'page.js'), type: 'text/javascript; charset=utf-8' },
  '/page/uplot.css': { path: () => require.resolve('uplot/dist/uPlot.min.css'), type: 'text/css; charset=utf-8' },
  '/page/uplot.js': {
    path: () => require.resolve('uplot/dist/uPlot.iife.min.js'),
    type: 'text/javascript; charset=utf-8',
  },
};

/** Path of the page's data. */
export const DATA_PATH = '/page/data.json';

/** The page may only load from and send to this server, and must not be framed elsewhere. */
export const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @returns one of the page's files; undefined if there is none at that path */
export async function fileOf(path: string): Promise<{ type: string; body: Buffer } | undefined> {
  const file = Object.hasOwn(files, path) ? files[path] : undefined;
  return file && { type: file.type, body: await readFile(file.path()) };
}

/** Formats the page's data. */
export function formatPage({ name, version, nodeVersion, workers }: Snapshot, samples: Sample[]): string {
  return JSON.stringify({
    name,
    version,
    node: nodeVersion,
    interval: SAMPLE_MS,
    samples,
    workers: workers.map(({ id, pid, status, counts, harakiris, spawns, spawnedAt, rss, vitals }) => ({
      id,
      pid,
      status,
      inFlight: counts.inFlight,
      requests: counts.requests,
      exceptions: counts.exceptions,
      harakiris,
      spawns,
      spawnedAt,
      rss,
      heapUsed: vitals.heapUsed,
      lag: vitals.lag.p99,
    })),
  });
}
