// Ten times a second, between two lines of its input, reads /metrics ("stats") or a copy of it from a server of its own
// ("copy"). "off" ends that; when all reads have ended, it prints the counts, as JSON.
const { get } = require('node:http');
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');

const STATS_PORT = 9191;
const COPY_PORT = 9192;

let timer;
let copy = '';
let reads = [];

/** @returns whether it was answered */
const readFrom = (port) =>
  new Promise((resolve) => {
    get({ port, path: '/metrics' }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (more) => (text += more));
      res.on('close', () => {
        const isAnswered = res.complete && res.statusCode === 200;
        if (isAnswered) copy = text;
        resolve(isAnswered);
      });
    }).on('error', () => resolve(false));
  });

// As cheap as possible: only the reader's own work is to be the same.
createServer((socket) => {
  socket.once('data', () => {
    socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(copy)}\r\n\r\n${copy}`);
  });
}).listen(COPY_PORT);
reads.push(readFrom(STATS_PORT));

createInterface({ input: process.stdin }).on('line', async (line) => {
  clearInterval(timer);
  if (line === 'off') {
    const answered = await Promise.all(reads);
    reads = [];
    console.log(JSON.stringify({ read: answered.filter(Boolean).length, failed: answered.filter((is) => !is).length }));
  } else {
    const port = line === 'stats' ? STATS_PORT : COPY_PORT;
    timer = setInterval(() => reads.push(readFrom(port)), 100);
  }
});
