// What the server is held against: a ratio each, wanted and measured.
import type { Memory, Report } from './results';
import { median, ratios, spread } from './statistics';

/** @returns a table in Markdown, of what was measured in this run */
export function held({ stacks, compared, logs, json, memory, latency, pauses, policies, readers }: Report): string {
  const costs = (key: string) =>
    compared?.workloads[0]?.windows[stacks.findIndex((stack) => stack.key === key)]?.map(({ cost }) => cost);
  const rows: string[] = [];
  const add = (what: string, wanted: number, measured: number[], isMost = false) => {
    const value = median(measured);
    const isMet = isMost ? value <= wanted : value >= wanted;
    const cells = [
      what,
      `${isMost ? 'at most' : 'at least'} ${String(wanted)}`,
      spread(measured, 2),
      isMet ? 'yes' : 'no',
    ];
    rows.push(`| ${cells.join(' | ')} |`);
  };
  const perCpu = (what: string, one: string, other: string, wanted: number) => {
    const [ours, theirs] = [costs(one), costs(other)];
    if (ours !== undefined && theirs !== undefined) add(what, wanted, ratios(theirs, ours));
  };

  perCpu('with access log / Flask, uWSGI', 'log', 'flask', 6);
  perCpu('with access log / Flask, uWSGI --http-keepalive', 'log', 'flask-keepalive', 6);
  perCpu('with access log / the limit', 'log', 'limit', 0.55);
  perCpu('without / the limit', 'identidock', 'limit', 0.75);
  perCpu('without / pm2-runtime', 'identidock', 'pm2', 1.2);
  for (const { workers, windows } of logs ?? []) {
    const [off = [], ...on] = windows.map((log) => log.windows.map(({ cost }) => cost));
    for (const [index, costs] of on.entries()) {
      const name = `${windows[index + 1]?.name ?? ''}, ${workers === 1 ? '1 worker' : `${String(workers)} workers`}`;
      add(`CPU a request, with access log to ${name} / without`, 1.15, ratios(costs, off), true);
    }
  }
  if (json !== undefined) {
    const [own, hashed] = [json.own, json.hashed].map((windows) => windows.map(({ cost }) => cost));
    add('CPU a request, 10 KB, without / the limit with JSON and ETag', 1.6, ratios(own ?? [], hashed ?? []), true);
  }
  for (const { workers, isNew, own, roundRobin } of policies ?? []) {
    if (!isNew) continue;
    const better = own.map(({ rate }, round) => Math.max(rate, roundRobin[round]?.rate ?? 0));
    const name = `new connections, ${String(workers)} workers: `;
    const rates = own.map(({ rate }) => rate);
    add(`${name}requests/s / the better policy`, 0.9, ratios(rates, better));
    add(
      `${name}busiest worker / least busy`,
      2,
      own.map(({ share }) => share),
      true,
    );
  }
  if (readers !== undefined) {
    const rates = [readers.read, readers.unread].map((windows) => windows.map(({ rate }) => rate));
    add('requests/s with /metrics read 10 times a second / unread', 0.97, ratios(rates[0] ?? [], rates[1] ?? []));
  }
  if (memory !== undefined) {
    const { log, off, cluster, kept } = memory;
    const loaded = (measured: Memory[]) => measured.map((one) => one.loaded);
    const idle = log.map((one) => one.idle);
    add('memory of the primary and two workers, idle, MB', 90, idle, true);
    const name = "memory, loaded / plain Express in Node's cluster, 2 workers each";
    add(`${name}, with access log`, 1.5, ratios(loaded(log), loaded(cluster)), true);
    add(`${name}, without`, 1.5, ratios(loaded(off), loaded(cluster)), true);
    const over = kept.own.map((size, round) => size - (kept.limit[round] ?? NaN));
    add(`memory of an idle kept connection over the limit's, KB`, 12, over, true);
  }
  if (latency !== undefined) {
    const [own, limit] = latency.map(({ latencies }) => latencies);
    for (const key of ['p99', 'p999'] as const) {
      const [ours, theirs] = [own, limit].map((latencies) => latencies?.map((one) => one[key]) ?? []);
      const name = `${key === 'p99' ? 'p99' : 'p99.9'} at half of saturation, without / the limit at the same rate`;
      add(name, 1.2, ratios(ours ?? [], theirs ?? []), true);
    }
  }
  if (pauses !== undefined) add('longest garbage collection in a minute, ms', 20, [Math.max(...pauses.ms)], true);
  const head =
    '| requests per CPU-second, 14 bytes, keep-alive, unless said | wanted | measured | reached |\n| --- | ---: | ---: | --- |';
  return [head, ...rows].join('\n');
}
