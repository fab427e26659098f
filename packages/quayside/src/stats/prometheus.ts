// The snapshot as Prometheus text. https://prometheus.io/docs/instrumenting/exposition_formats/
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { BOUNDS, countOf, type Histogram } from './histogram';
import { rows, type Labels, type Row } from './metrics';
import { parseReports } from './service-metrics';
import type { Snapshot } from './snapshot';

interface Value {
  labels: Labels;
  value: number;
  metricName?: string;
}
/** As prom-client's getMetricsAsJSON() gives it. */
interface Metric {
  name: string;
  help: string;
  type: Row[1];
  aggregator: 'first';
  values: Value[];
}

/** prom-client's, whose names promtool does not take: they end as a counter's, and are none. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** @returns the values of one histogram: its buckets, which are cumulative, its sum and its count */
function valuesOf(name: string, labels: Labels, { buckets, sum }: Histogram): Value[] {
  let cumulative = 0;
  const below = BOUNDS.map((bound, index) => {
    cumulative += buckets[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: cumulative };
  });
  const count = countOf(buckets);
  return [
    ...below,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

function metricOf([name, type, help, seriesOf]: Row, snapshot: Snapshot): Metric {
  const values =
    type === 'histogram'
      ? seriesOf(snapshot).flatMap(([labels, histogram]) => valuesOf(name, labels, histogram))
      : seriesOf(snapshot).map(([labels, value]) => ({ labels, value }));
  return { name, help, type, aggregator: 'first', values };
}

/** @returns the metrics of a snapshot, as prom-client takes them */
export function metricsOf(snapshot: Snapshot): Metric[] {
  return rows.map((row) => metricOf(row, snapshot));
}

/**
 * Makes the formatter; from then on it also watches over this process, the primary.
 * @returns a function that prints a snapshot, the metrics of this process, and those of the service
 */
export function createPrometheus(): { type: string; format: (snapshot: Snapshot) => Promise<string> } {
  const primary = new Registry();
  collectDefaultMetrics({ register: primary });
  for (const name of MISNAMED) primary.removeSingleMetric(name);
  return {
    type: primary.contentType,
    format: async (snapshot) => {
      const ofSnapshot = AggregatorRegistry.aggregate([metricsOf(snapshot)] as never);
      const ofService = AggregatorRegistry.aggregate(parseReports(snapshot.serviceMetrics));
      return (await ofSnapshot.metrics()) + (await primary.metrics()) + (await ofService.metrics());
    },
  };
}
