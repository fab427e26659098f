// The snapshot as Prometheus text. https://prometheus.io/docs/instrumenting/exposition_formats/
import { AggregatorRegistry, collectDefaultMetrics, Registry, type Metric as RegisteredMetric } from 'prom-client';
import { BOUNDS, countOf, type Histogram } from './histogram';
import { rows, type Labels, type Row } from './metrics';
import { parseReports } from './service-metrics';
import type { Snapshot } from './snapshot';

interface Value {
  labels: Labels;
  /** More labels. prom-client formats them only once for all values that share the object. */
  sharedLabels?: Labels;
  value: number;
  metricName?: string;
}
/** The result of a prom-client metric's get(). */
interface Metric {
  name: string;
  help: string;
  type: Row[1];
  values: Value[];
}

/** prom-client's metrics whose names promtool rejects: they end like a counter's, but are not counters. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];
/** Metrics of the primary's event loop, which serves nobody. They take a quarter of a read; the workers' are in the snapshot. */
const OF_LOOP = 'nodejs_eventloop_lag_';
/** In ms. With prom-client's default of 10, the primary would wake up a hundred times a second. */
const SELDOM = 3_600_000;

/** @returns the values of one histogram: cumulative buckets, sum and count */
function valuesOf(name: string, labels: Labels, { buckets, sum }: Histogram): Value[] {
  const bucketOf = (le: string, value: number) => ({
    metricName: `${name}_bucket`,
    labels: { le },
    sharedLabels: labels,
    value,
  });
  let cumulative = 0;
  const below = BOUNDS.map((bound, index) => {
    cumulative += buckets[index] ?? 0;
    return bucketOf(String(bound), cumulative);
  });
  const count = countOf(buckets);
  return [
    ...below,
    bucketOf('+Inf', count),
    { metricName: `${name}_sum`, labels: {}, sharedLabels: labels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: count },
  ];
}

function metricOf([name, type, help, seriesOf]: Row, snapshot: Snapshot): Metric {
  const values =
    type === 'histogram'
      ? seriesOf(snapshot).flatMap(([labels, histogram]) => valuesOf(name, labels, histogram))
      : seriesOf(snapshot).map(([labels, value]) => ({ labels, value }));
  return { name, help, type, values };
}

/** @returns a snapshot as a registry: prom-client's own metrics would need one more step per value */
function registryOf(snapshot: Snapshot): Registry {
  const registry = new Registry();
  for (const row of rows) {
    // All that a registry needs to print a metric.
    const metric = { name: row[0], get: () => metricOf(row, snapshot) };
    registry.registerMetric(metric as unknown as RegisteredMetric);
  }
  return registry;
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
  return {
    type: primary.contentType,
    format: async (snapshot) => {
      const ofService = AggregatorRegistry.aggregate(parseReports(snapshot.serviceMetrics));
      return (await registryOf(snapshot).metrics()) + (await primary.metrics()) + (await ofService.metrics());
    },
  };
}
