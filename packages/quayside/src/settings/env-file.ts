// The variables of a project's .env, on a host: what Compose reads for a container.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/**
 * Sets the variables of `.env` in the current folder, in the form of https://nodejs.org/api/environment_variables.html#env-files.
 * One that the environment has already stays as it is. Without that file, nothing is set.
 * @throws Error where the file cannot be read
 */
export function loadEnvFile(): void {
  let text = '';
  try {
    text = readFileSync('.env', 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
}
