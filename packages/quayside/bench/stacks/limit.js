// The limit: a bare cluster of node:http that writes, from memory, the same bytes as identidock.
const cluster = require('node:cluster');
const { createServer } = require('node:http');

// By path: the headers that Node.js does not add by itself, as names and values in turn, and the body.
const answers = JSON.parse(process.env.ANSWERS);

if (cluster.isPrimary) {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  for (let worker = 0; worker < Number(process.env.WORKERS); worker += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else {
  for (const answer of Object.values(answers)) answer.body = Buffer.from(answer.body);
  const server = createServer((req, res) => {
    const { headers, body } = answers[req.url];
    res.writeHead(200, headers);
    res.end(body);
  });
  server.keepAliveTimeout = 65_000;
  server.listen(9090);
}
