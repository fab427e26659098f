// quayside healthcheck: whether the server of this environment is ready, for a container's HEALTHCHECK.
import { get } from 'node:http';
import { configOrExit } from '../settings/config';

/** How long an answer may take, in ms. */
const TIMEOUT_MS = 2000;

/**
 * Ends the process: with exit code 0 where /readyz answers 2xx in time, with 1 where not. The port is PORT, or else the
 * default of the mode that ENV names.
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
