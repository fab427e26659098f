// Reports a service's own metrics to the primary, so a scrape does not have to ask the workers.
import type { Metrics } from '../http/service';
import { asError } from '../process/failure';
import type { Logger } from '../process/log';
import { MAX_REPORT, NO_METRICS, readMetrics, writeMetrics } from '../stats/service-metrics';

/** How often changed metrics are reported, in ms. */
const REPORT_MS = 1000;
/** How long the last report of a worker may take, in ms. */
const LAST_REPORT_MS = 1000;

export interface Reporter {
  /** Starts reporting. */
  start: () => void;
  /** Reports once more; resolves when that is done, or after LAST_REPORT_MS. */
  finish: () => Promise<void>;
}

/**
 * Makes the reporter of one worker.
 * @param send - takes the output of stats/service-metrics
 */
export function createReporter(metrics: Metrics, send: (metrics: string) => void, log: Logger): Reporter {
  let sent = NO_METRICS;
  let running: Promise<void> | undefined;
  const said = new Set<string>();
  const warn = (problem: string, err?: Error) => {
    if (said.has(problem)) return;
    said.add(problem);
    log.warn({ problem, err }, "the service's metrics cannot all be reported");
  };

  const collect = async () => {
    try {
      const read = readMetrics(await metrics.getMetricsAsJSON());
      read.problems.forEach((problem) => {
        warn(problem);
      });
      const text = writeMetrics(read.metrics);
      if (text.length > MAX_REPORT) warn(`they are longer than ${String(MAX_REPORT)} characters`);
      else if (text !== sent) send((sent = text));
    } catch (error) {
      warn('they could not be collected', asError(error));
    }
  };
  // Collecting a service's metrics may take time, so runs must not overlap.
  const report = () =>
    (running ??= collect().finally(() => {
      running = undefined;
    }));
  return {
    start: () => {
      void report();
      setInterval(() => void report(), REPORT_MS).unref();
    },
    finish: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, LAST_REPORT_MS)));
      // A report that is already running may have started too early.
      await Promise.race([Promise.resolve(running).then(report), late]);
      clearTimeout(timer);
    },
  };
}
