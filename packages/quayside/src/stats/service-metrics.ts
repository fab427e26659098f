// A service's own metrics: what its workers report, and what outlives a worker.
import { StartError } from '../process/failure';
import { rows } from './metrics';

/** A metric from a prom-client Registry's getMetricsAsJSON(). */
export interface ServiceMetric {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** How the values of several workers are combined. */
  aggregator: string;
  values: Value[];
}

interface Value {
  labels: Record<string, string>;
  value: number;
  /** For a histogram or summary: the metric's name with _bucket, _sum or _count. */
  metricName?: string;
}

/** Maximum length of a process's report, and of what is kept of ended processes, in characters. */
export const MAX_REPORT = 2 ** 20;

/** For a worker that has not reported yet. */
export const NO_METRICS = '[]';

/** Suffixes of the names of a histogram's or summary's values. */
const PARTS = ['_bucket', '_sum', '_count'];
const TYPES = ['counter', 'gauge', 'histogram', 'summary'];
/** https://github.com/siimon/prom-client/blob/master/lib/metricAggregators.js */
const AGGREGATORS = ['sum', 'first', 'omit', 'average', 'min', 'max'];
/** https://prometheus.io/docs/concepts/data_model/ */
const METRIC_NAME = /^[a-zA-Z_:][\w:]*$/;
const LABEL_NAME = /^[a-zA-Z_]\w*$/;

const serverNames = new Set(rows.map(([name]) => name));

/** @returns whether a name is reserved: a metric of the server, or a default process metric of prom-client */
export function isReserved(name: string): boolean {
  return (
    serverNames.has(name.replace(/_(?:bucket|sum|count)$/, '')) ||
    serverNames.has(name) ||
    /^(?:uwsgi|process|nodejs)_/.test(name)
  );
}

/**
 * Reads a registry's output. It comes from the service, and may be anything.
 * @returns the metrics that can be published, and for each of the others why it cannot
 */
export function readMetrics(json: unknown): { metrics: ServiceMetric[]; problems: string[] } {
  const metrics: ServiceMetric[] = [];
  const problems: string[] = [];
  if (!Array.isArray(json)) return { metrics, problems: ['getMetricsAsJSON() gave no list of metrics'] };
  for (const given of json as unknown[]) {
    const metric = readMetric(given);
    if (typeof metric === 'string') problems.push(metric);
    else metrics.push(metric);
  }
  return { metrics, problems };
}

/** @throws StartError that names each of a registry's metrics that cannot be published, and why */
export async function checkMetrics(registry: { getMetricsAsJSON: () => Promise<object[]> }): Promise<void> {
  const { problems } = readMetrics(await registry.getMetricsAsJSON());
  if (problems.length > 0) throw new StartError(`the service's metrics cannot be published: ${problems.join('; ')}`);
}

/** @returns a metric, or what is wrong with it */
function readMetric(given: unknown): ServiceMetric | string {
  const { name, help, type, aggregator = 'sum', values } = (given ?? {}) as Record<string, unknown>;
  // Some names are properties of every object, which prom-client would find.
  if (typeof name !== 'string' || !METRIC_NAME.test(name) || name in Object.prototype)
    return `${String(name)} is no name of a metric`;
  if (isReserved(name)) return `${name} is a name of the server's own`;
  if (!TYPES.includes(type as string))
    return `${name} has the type ${String(type)}: expected one of ${TYPES.join(', ')}`;
  if (!AGGREGATORS.includes(aggregator as string)) {
    return `${name} has the aggregator ${String(aggregator)}: expected one of ${AGGREGATORS.join(', ')}`;
  }
  const read = (Array.isArray(values) ? (values as unknown[]) : []).map((value) => readValue(value, name));
  return {
    name,
    help: String(help),
    type: type as ServiceMetric['type'],
    aggregator: aggregator as string,
    values: read.filter((value) => value !== undefined),
  };
}

function readValue(given: unknown, name: string): Value | undefined {
  const { labels, value, metricName } = (given ?? {}) as { labels?: unknown; value?: unknown; metricName?: unknown };
  const names = Object.entries(labels ?? {}).filter(([label]) => LABEL_NAME.test(label));
  if (metricName !== undefined && !PARTS.some((part) => metricName === `${name}${part}`)) return undefined;
  return {
    labels: Object.fromEntries(names.map(([label, text]) => [label, String(text)])),
    value: Number(value),
    ...(metricName !== undefined && { metricName: metricName as string }),
  };
}

/** Serialises metrics for a worker's report. JSON has no NaN and no infinity. */
export function writeMetrics(metrics: ServiceMetric[]): string {
  return JSON.stringify(metrics, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** Parses the output of writeMetrics(); anything else yields nothing, because the text comes from the service's process. */
export function parseMetrics(text: string): ServiceMetric[] {
  try {
    return readMetrics(JSON.parse(text)).metrics;
  } catch {
    return [];
  }
}

/**
 * Adds the counts of an ended worker to those of its slot's earlier workers, so that no counter decreases. Gauges and
 * quantiles belong to a process, and end with it.
 * @returns the sum, by writeMetrics(); the earlier counts unchanged if the sum gets too long, for example because labels
 *   differ between processes
 */
export function retain(earlier: string, ended: string): string {
  if (ended === NO_METRICS) return earlier;
  const kept = new Map(parseMetrics(earlier).map((metric) => [metric.name, metric]));
  for (const metric of parseMetrics(ended)) {
    const before = kept.get(metric.name);
    if (before !== undefined && kindOf(before) !== kindOf(metric)) kept.delete(metric.name);
    if (metric.type === 'gauge' || metric.aggregator !== 'sum') continue;
    const values = kept.get(metric.name)?.values ?? [];
    kept.set(metric.name, { ...metric, values: add(values, metric.values.filter(isCount)) });
  }
  const total = writeMetrics([...kept.values()]);
  return total.length > MAX_REPORT ? earlier : total;
}

const kindOf = ({ type, aggregator }: ServiceMetric) => `${type} ${aggregator}`;

/** Reads the reports of several workers. A reload may change a metric's type: reports with another type than the last are omitted. */
export function parseReports(reports: string[]): ServiceMetric[][] {
  const parsed = reports.map(parseMetrics);
  const kinds = new Map(parsed.flat().map((metric) => [metric.name, kindOf(metric)]));
  return parsed.map((metrics) => metrics.filter((metric) => kinds.get(metric.name) === kindOf(metric)));
}

const isCount = ({ labels, metricName }: Value) => metricName !== undefined || labels.quantile === undefined;

/** Adds up values with the same labels. */
function add(earlier: Value[], later: Value[]): Value[] {
  const keyOf = ({ labels, metricName = '' }: Value) => JSON.stringify([metricName, Object.entries(labels).sort()]);
  const total = new Map(earlier.map((value) => [keyOf(value), value]));
  for (const value of later) {
    const key = keyOf(value);
    total.set(key, { ...value, value: (total.get(key)?.value ?? 0) + value.value });
  }
  return [...total.values()];
}
