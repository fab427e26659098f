// The limit: a bare node:http cluster that writes the same bytes as identidock, from memory or computed for each request.
const cluster = require('node:cluster');
const { hash } = require('node:crypto');
const { createServer } = require('node:http');

// By path: the body, and the headers that Node.js does not add by itself, names and values alternating.
const answers = JSON.parse(process.env.ANSWERS);
// What is computed for each request of /json: "", "stringify" or "stringify,hash".
const steps = (process.env.STEPS ?? '').split(',');

/** Computes the response's body, and its ETag as Express does. */
function serialise({ headers, items }) {
  const body = JSON.stringify(items);
  if (!steps.includes('hash')) return { headers, body };
  const etag = `W/"${Buffer.byteLength(body).toString(16)}-${hash('sha1', body, 'base64').slice(0, 27)}"`;
  return { headers: headers.map((text, at) => (headers[at - 1] === 'ETag' ? etag : text)), body };
}

if (cluster.isPrimary) {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  for (let worker = 0; worker < Number(process.env.WORKERS); worker += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else {
  if (steps.includes('stringify')) answers['/json'].items = require('/srv/dist/identidock.js').items;
  for (const answer of Object.values(answers)) answer.body = Buffer.from(answer.body);
  const server = createServer((req, res) => {
    const answer = answers[req.url];
    const { headers, body } = answer.items === undefined ? answer : serialise(answer);
    res.writeHead(200, headers);
    res.end(body);
  });
  server.keepAliveTimeout = 65_000;
  server.listen(9090);
}
