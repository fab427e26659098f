// The printed tables, in plain text.
import { median, percentile } from '../compare/statistics';
import { REFERENCE } from './loops';
import type { MemoryOfLoop } from './memory';
import type { Paced } from './pace';
import type { Starts } from './start';

/** The first column is text, the others are numbers. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

const timesOf = ({ saves }: Paced) => saves.map(({ ms }) => ms);

export function paceTable(measured: Paced[]): string {
  const head = ['loop', 'pause s', 'median ms', 'p95', 'most', `of ${REFERENCE}`, 'refused'];
  const rows = measured.map((paced) => {
    const times = timesOf(paced);
    const reference = measured.find(({ name, pace }) => name === REFERENCE && pace === paced.pace);
    return [
      paced.name,
      String(paced.pace),
      median(times).toFixed(),
      percentile(times, 0.95).toFixed(),
      Math.max(...times).toFixed(),
      (median(times) / median(reference === undefined ? [] : timesOf(reference))).toFixed(2),
      String(paced.saves.reduce((sum, { refused }) => sum + refused, 0)),
    ];
  });
  return table(head, rows);
}

export function memoryTable(measured: MemoryOfLoop[]): string {
  const reference = measured.find(({ name }) => name === REFERENCE)?.totals ?? [];
  const rows = measured.flatMap(({ name, totals, processes }) => [
    [
      name,
      median(totals).toFixed(),
      Math.min(...totals).toFixed(),
      Math.max(...totals).toFixed(),
      (median(totals) / median(reference)).toFixed(2),
    ],
    ...processes.map(({ role, pss }) => [`  ${role}`, pss.toFixed()]),
  ]);
  return table(['loop and its processes', 'median MB', 'least', 'most', `of ${REFERENCE}`], rows);
}

export function startTable(starts: Starts[]): string {
  const rows = starts.map(({ command, times }) => [
    command,
    ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed()),
  ]);
  return table(['command', 'median ms', 'least', 'most'], rows);
}
