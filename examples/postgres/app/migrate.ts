// A job: brings the tables up to date. quayside run dist/migrate.js
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { log } from 'quayside';
import { connection } from './database';

const folder = 'app/migrations';
/** A running migration holds this advisory lock. Any number works that nothing else in the database uses. */
const LOCK = 2_005_141;

/**
 * Runs the files of app/migrations that the database has not seen yet, in the order of their names: all of them, or none
 * if one fails. A second run at the same time waits for the first, and finds nothing left to do.
 */
export async function run(signal: AbortSignal): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    // Fail rather than block the service: its queries queue behind a pending change to their table.
    await client.query("SET LOCAL lock_timeout = '5s'");
    await client.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())');
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
    const seen = new Set(rows.map(({ name }) => name));
    for (const name of files.filter((file) => !seen.has(file))) {
      signal.throwIfAborted();
      await client.query(await readFile(join(folder, name), 'utf8'));
      await client.query('INSERT INTO migrations (name) VALUES ($1)', [name]);
      log.info({ migration: name }, 'applied');
    }
    await client.query('COMMIT');
  } finally {
    // Without COMMIT, PostgreSQL rolls everything back.
    await client.end();
  }
}
