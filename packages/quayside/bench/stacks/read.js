// Reads the stats ten times a second for so many seconds, the document and the metrics in turn.
const http = require('node:http');

let count = 0;
setInterval(() => {
  http.get({ port: 9191, path: count % 2 === 0 ? '/' : '/metrics' }, (res) => res.resume());
  count += 1;
}, 100);
setTimeout(() => process.exit(), Number(process.argv[2]) * 1000);
