// What an event has cost the clients, and the table of several.

export interface Cost {
  event: string;
  requests: number;
  /** Those that were not answered with the right status and body. */
  failed: number;
  /** The longest that a request took, failed or not, in ms. */
  slowest: number;
  /** From the event's beginning until it was over, in s. */
  seconds: number;
  /** Why requests failed: each reason once, behind how often it was seen. */
  reasons: string[];
}

/** Lays rows out for people, with the reasons below. A row without requests is left out. */
export function tableOf(all: Cost[]): string {
  const rows = all.filter(({ requests }) => requests > 0);
  const table = [
    ['event', 'requests', 'failed', 'slowest ms', 'time to done s'],
    ...rows.map(({ event, requests, failed, slowest, seconds }) => [
      event,
      String(requests),
      String(failed),
      slowest.toFixed(0),
      seconds.toFixed(1),
    ]),
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const lines = table.map(([first = '', ...cells]) =>
    [first.padEnd(widths[0] ?? 0), ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0))].join('  '),
  );
  const why = rows.flatMap(({ event, reasons }) => reasons.map((reason) => `${event}: ${reason}`));
  return [...lines, ...(why.length > 0 ? ['', ...why] : [])].join('\n');
}
