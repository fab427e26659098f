// Ten times a second, between two lines of its input, reads /metrics ("stats") or a copy of it from a server of its own
// ("copy"). "off" ends that; it then prints the counts, as JSON.
const { get } = require('node:http');
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');

const STATS_PORT = 9191;
const COPY_PORT = 9192;

let timer;
let copy = '';
let [read, failed] = [0, 0];

function readFrom(port) {
  get({ port, path: '/metrics' }, (res) => {
    let text = '';
    res.setEncoding('utf8').on('data', (more) => (text += more));
    res.on('end', () => {
      if (res.statusCode === 200) read += 1;
      else failed += 1;
      copy = text;
    });
  }).on('error', () => (failed += 1));
}

// As cheap as possible: only the reader's own work is to be the same.
createServer((socket) => {
  socket.once('data', () => {
    socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(copy)}\r\n\r\n${copy}`);
  });
}).listen(COPY_PORT);
readFrom(STATS_PORT);

createInterface({ input: process.stdin }).on('line', (line) => {
  clearInterval(timer);
  if (line === 'off') {
    console.log(JSON.stringify({ read, failed }));
    [read, failed] = [0, 0];
  } else timer = setInterval(readFrom, 100, line === 'stats' ? STATS_PORT : COPY_PORT);
});
