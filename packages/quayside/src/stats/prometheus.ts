// The snapshot as Prometheus text. https://prometheus.io/docs/instrumenting/exposition_formats/
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { BOUNDS, type Histogram } from './histogram';
import { rows, type Row } from './metrics';
import { parseReports } from './service-metrics';
import type { Snapshot } from './snapshot';

/** prom-client's metrics whose names promtool rejects: they end like a counter's, but are not counters. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];
/** Metrics of the primary's event loop, which serves nobody. They take a quarter of a read; the workers' are in the snapshot. */
const OF_LOOP = 'nodejs_eventloop_lag_';
/** In ms. With prom-client's default of 10, the primary would wake up a hundred times a second. */
const SELDOM = 3_600_000;

/** How old the metrics of the primary may be, in ms. They take longer than all others; workers report as often. */
const MAX_AGE_MS = 1000;

/** Bounds of the buckets in the form of the output. */
const LE = [...BOUNDS.map(String), '+Inf'];

/** @returns the lines of one histogram: cumulative buckets, sum and count */
function linesOf(name: string, labels: string, { buckets, sum }: Histogram): string {
  let [lines, count] = ['', 0];
  for (const [index, le] of LE.entries()) {
    count += buckets[index] ?? 0;
    lines += `${name}_bucket{le="${le}",${labels}} ${String(count)}\n`;
  }
  return `${lines}${name}_sum{${labels}} ${String(sum)}\n${name}_count{${labels}} ${String(count)}\n`;
}

/** @returns a metric with all its values. prom-client would make several objects for each of them. */
function textOf([name, type, help, seriesOf]: Row, snapshot: Snapshot): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  if (type === 'histogram') for (const [labels, value] of seriesOf(snapshot)) text += linesOf(name, labels, value);
  else {
    for (const [labels, value] of seriesOf(snapshot)) text += `${name}${labels && `{${labels}}`} ${String(value)}\n`;
  }
  return `${text}\n`;
}

/**
 * Makes the formatter, and starts collecting metrics of this process, the primary.
 * @returns a function that formats a snapshot, this process's metrics and the service's
 */
export function createPrometheus(): { type: string; format: (snapshot: Snapshot) => Promise<string> } {
  const primary = new Registry();
  collectDefaultMetrics({ register: primary, eventLoopMonitoringPrecision: SELDOM });
  for (const { name } of primary.getMetricsAsArray() as unknown as { name: string }[]) {
    if (MISNAMED.includes(name) || name.startsWith(OF_LOOP)) primary.removeSingleMetric(name);
  }
  let ofPrimary = { text: '', until: -Infinity };
  let ofService = { text: '', reports: [] as string[] };
  return {
    type: primary.contentType,
    format: async (snapshot) => {
      const now = performance.now();
      if (now >= ofPrimary.until) ofPrimary = { text: await primary.metrics(), until: now + MAX_AGE_MS };
      const reports = snapshot.serviceMetrics;
      if (!areSame(reports, ofService.reports)) {
        ofService = { text: await AggregatorRegistry.aggregate(parseReports(reports)).metrics(), reports };
      }
      return rows.map((row) => textOf(row, snapshot)).join('') + ofPrimary.text + ofService.text;
    },
  };
}

const areSame = (some: string[], others: string[]) =>
  some.length === others.length && some.every((one, index) => one === others[index]);
