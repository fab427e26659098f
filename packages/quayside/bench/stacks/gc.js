// Required before identidock: its workers append the duration of each garbage collection, in ms, to /tmp/gc.
const cluster = require('node:cluster');
const { appendFileSync } = require('node:fs');
const { PerformanceObserver } = require('node:perf_hooks');

if (cluster.isWorker) {
  const observer = new PerformanceObserver((list) => {
    const lines = list.getEntries().map(({ duration }) => `${duration}\n`);
    appendFileSync('/tmp/gc', lines.join(''));
  });
  observer.observe({ entryTypes: ['gc'] });
}
