// npm run soak: compiles the server, runs the soak test and prints the result.
import { parseArgs } from 'node:util';
import build from '../../harness/build';
import { soakHost } from './host';
import { format } from './soak';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '50000' },
    reloads: { type: 'string', default: '3' },
    clients: { type: 'string', default: '48' },
    workers: { type: 'string', default: '2' },
    unread: { type: 'boolean', default: false },
    limit: { type: 'string', default: '180' },
  },
});

async function main() {
  build();
  const report = await soakHost({
    requests: Number(values.requests),
    reloads: Number(values.reloads),
    clients: Number(values.clients),
    workers: Number(values.workers),
    unread: values.unread,
    limit: Number(values.limit),
  });
  console.log(format(report));
  process.exitCode = report.problems.length === 0 ? 0 : 1;
}

void main();
