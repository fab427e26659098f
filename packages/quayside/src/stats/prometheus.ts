// The snapshot as Prometheus text. https://prometheus.io/docs/instrumenting/exposition_formats/
import { AggregatorRegistry, collectDefaultMetrics, Registry, type Metric as RegisteredMetric } from 'prom-client';
import { BOUNDS, countOf, type Histogram } from './histogram';
import { rows, type Labels, type Row } from './metrics';
import { parseReports } from './service-metrics';
import type { Snapshot } from './snapshot';

interface Value {
  labels: Labels;
  /** More of them, of which prom-client makes text once for all values that have the same object. */
  sharedLabels?: Labels;
  value: number;
  metricName?: string;
}
/** As a prom-client metric's get() gives it. */
interface Metric {
  name: string;
  help: string;
  type: Row[1];
  values: Value[];
}

/** prom-client's, whose names promtool does not take: they end as a counter's, and are none. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];
/** The primary's event loop serves nobody, and these take a quarter of a read: the workers' are in the snapshot. */
const OF_LOOP = 'nodejs_eventloop_lag_';
/** In ms. By prom-client's own 10, the primary would wake up a hundred times a second. */
const SELDOM = 3_600_000;

/** @returns the values of one histogram: its buckets, which are cumulative, its sum and its count */
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

/** @returns a snapshot in the form of a registry: prom-client's own metrics would take a step more for each value */
function registryOf(snapshot: Snapshot): Registry {
  const registry = new Registry();
  for (const row of rows) {
    // All that a registry needs of a metric in order to print it.
    const metric = { name: row[0], get: () => metricOf(row, snapshot) };
    registry.registerMetric(metric as unknown as RegisteredMetric);
  }
  return registry;
}

/**
 * Makes the formatter; from then on it also watches over this process, the primary.
 * @returns a function that prints a snapshot, the metrics of this process, and those of the service
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
