// quayside healthcheck: checks whether the server is ready, for a container's HEALTHCHECK.
import { get } from 'node:http';
import { configOrExit } from '../settings/config';

/** How long a response may take, in ms. */
const TIMEOUT_MS = 2000;

/**
 * Exits the process: with code 0 if /readyz returns a 2xx in time, otherwise with 1. The port is PORT, or the default of
 * the mode that ENV names.
 */
export function healthcheck(): void {
  const { PORT: port } = configOrExit(process.env.ENV === 'DEV' ? 'development' : 'production');

  const request = get({ host: '127.0.0.1', port, path: '/readyz', timeout: TIMEOUT_MS }, (res) => {
    const status = res.statusCode ?? 0;
    console.log(`/readyz: ${String(status)}`);
    process.exit(status >= 200 && status < 300 ? 0 : 1);
  });
  request
    .on('timeout', () => request.destroy(new Error(`no answer within ${String(TIMEOUT_MS / 1000)} s`)))
    .on('error', (error) => {
      console.error(`/readyz: ${error.message}`);
      process.exit(1);
    });
}
