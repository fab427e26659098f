// Entry of the container's health check: exit code 0 where /readyz of the service answers 2xx within 2 s.
import { get } from 'node:http';
import { configOrExit } from '../settings/config';

const { PORT: port } = configOrExit();

const request = get({ host: '127.0.0.1', port, path: '/readyz', timeout: 2000 }, (res) => {
  const status = res.statusCode ?? 0;
  console.log(`/readyz: ${String(status)}`);
  process.exit(status >= 200 && status < 300 ? 0 : 1);
});
request
  .on('timeout', () => request.destroy(new Error('no answer within 2 s')))
  .on('error', (error) => {
    console.error(`/readyz: ${error.message}`);
    process.exit(1);
  });
