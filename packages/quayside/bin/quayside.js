#!/usr/bin/env node
// The program. It handles signals before it loads anything else.
'use strict';
const { handleEarlySignals } = require('../dist/process/signals.js');

// Before there are workers, a reload has nothing to do; and a job has none to do at all.
handleEarlySignals(['serve', 'run'].includes(process.argv[2]) ? ['SIGHUP'] : []);
require('../dist/cli/main.js');
