#!/usr/bin/env node
// The program's entry. It handles signals before it loads anything else.
'use strict';
const { handleEarlySignals } = require('../dist/process/signals.js');

// SIGHUP reloads: before there are workers there is nothing to reload, and a job never reloads.
handleEarlySignals(['serve', 'run'].includes(process.argv[2]) ? ['SIGHUP'] : []);
require('../dist/cli/main.js');
