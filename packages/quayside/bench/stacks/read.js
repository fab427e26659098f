// Reads /metrics ten times a second between the lines "on" and "off" of its input; after "off" it prints the counts, as JSON.
const { get } = require('node:http');
const { createInterface } = require('node:readline');

let timer;
let [read, failed] = [0, 0];

function readMetrics() {
  get({ port: 9191, path: '/metrics' }, (res) => {
    res.resume().on('end', () => {
      if (res.statusCode === 200) read += 1;
      else failed += 1;
    });
  }).on('error', () => (failed += 1));
}

createInterface({ input: process.stdin }).on('line', (line) => {
  clearInterval(timer);
  if (line === 'on') timer = setInterval(readMetrics, 100);
  else {
    console.log(JSON.stringify({ read, failed }));
    [read, failed] = [0, 0];
  }
});
