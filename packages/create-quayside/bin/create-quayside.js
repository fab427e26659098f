#!/usr/bin/env node
// The program: npm create quayside DIRECTORY.
'use strict';
const { main } = require('../src/main.js');

process.exitCode = main(process.argv.slice(2));
