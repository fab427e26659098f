// Required before identidock: connections are handed out by the primary, whatever the primary says.
const cluster = require('node:cluster');

Object.defineProperty(cluster, 'schedulingPolicy', { get: () => cluster.SCHED_RR, set() {} });
