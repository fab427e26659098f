// Reads a project's .env on a host, as Compose does for a container.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/**
 * Sets the variables of `.env` in the current folder, in the format of
 * https://nodejs.org/api/environment_variables.html#env-files. Variables that are already set stay. Without the file,
 * nothing is set.
 * @throws Error if the file cannot be read
 */
export function loadEnvFile(): void {
  let text = '';
  try {
    text = readFileSync('.env', 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  for (const [name, value] of Object.entries(parseEnv(text.replace(/^\uFEFF/, '')))) process.env[name] ??= value;
}
