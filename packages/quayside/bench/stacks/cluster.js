// The same Express app in Node's own cluster, with WORKERS workers.
const cluster = require('node:cluster');

if (cluster.isPrimary) {
  for (let worker = 0; worker < Number(process.env.WORKERS); worker += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else require('./plain.js');
