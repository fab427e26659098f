// Settings in development, validated before anything listens.
import { validate } from '../process/service-settings';
import type { Config, ConfigError } from '../settings/config';
import { forkLoader, type LoaderOptions } from './fork';
import { isTypeScript } from './peers';

/** How long loading the service's settings file may take, in seconds: until then, no edit is noticed. */
const LIMIT = 10;

/**
 * Validates the server's settings and the service's, or exits the process. If the service's settings file cannot be
 * loaded, the first worker reports it, and the server waits for an edit.
 * @returns a promise that resolves if they are right; exits with EX_CONFIG if any is wrong
 */
export async function validateSettings(config: Config | ConfigError, options: LoaderOptions): Promise<void> {
  const { file } = options;
  await validate(file, config, {
    extensions: [...(isTypeScript(file) ? ['.ts', '.cts', '.mts'] : []), '.js', '.cjs', '.mjs'],
    fork: (path) => forkLoader('load-settings.js', options, path),
    limit: LIMIT,
    onError: () => undefined,
  });
}
