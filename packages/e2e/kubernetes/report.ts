// What an event of test:kubernetes has cost, from the seconds of the load, and the table of all.
import type { Second } from './load';

export interface Row {
  event: string;
  requests: number;
  failed: number;
  /** In ms. */
  slowest: number;
  /** From its beginning until the new state was reached, in s. */
  done: number;
  reasons: Record<string, number>;
}

/** Adds up the seconds of an event. */
export function rowOf(event: string, done: number, seconds: Second[]): Row {
  const row: Row = { event, requests: 0, failed: 0, slowest: 0, done, reasons: {} };
  for (const { requests, failed, slowest, reasons } of seconds) {
    row.requests += requests;
    row.failed += failed;
    row.slowest = Math.max(row.slowest, slowest);
    for (const [reason, count] of Object.entries(reasons)) row.reasons[reason] = (row.reasons[reason] ?? 0) + count;
  }
  return row;
}

/** Reads what the load has printed. Its last line may not be whole yet. */
export function secondsIn(log: string): Second[] {
  return log
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Second);
}

/** @returns the table, as text */
export function table(rows: Row[]): string {
  const head = ['event', 'requests', 'failed', 'slowest, ms', 'done after, s', 'reasons'];
  const cells = rows.map(({ event, requests, failed, slowest, done, reasons }) => [
    event,
    String(requests),
    String(failed),
    String(slowest),
    done.toFixed(1),
    Object.entries(reasons)
      .map(([reason, count]) => `${reason}: ${String(count)}`)
      .join(', '),
  ]);
  const width = (column: number) => Math.max(...[head, ...cells].map((row) => row[column]?.length ?? 0));
  const isText = (column: number) => column === 0 || column === head.length - 1;
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, column) => (isText(column) ? cell.padEnd(width(column)) : cell.padStart(width(column))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
