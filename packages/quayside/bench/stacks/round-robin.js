// Required before identidock: forces Node's round-robin policy, whatever the primary sets.
const cluster = require('node:cluster');

Object.defineProperty(cluster, 'schedulingPolicy', { get: () => cluster.SCHED_RR, set() {} });
