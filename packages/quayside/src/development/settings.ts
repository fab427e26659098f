// The settings in development, validated before anything listens.
import { validate } from '../process/service-settings';
import type { Config, ConfigError } from '../settings/config';
import { forkLoader, type LoaderOptions } from './fork';
import { isTypeScript } from './peers';

/** How long the file that declares the service's settings may take, in seconds: until then, no edit is noticed. */
const LIMIT = 10;

/**
 * Validates the server's settings and the service's, or ends the process. Where the file that declares the service's cannot be
 * loaded, the first worker is the one to say so, and waits for an edit.
 * @returns when they are right; exits with EX_CONFIG where some are wrong
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
