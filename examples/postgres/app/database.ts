// The connections to PostgreSQL.
import { DatabaseError, Pool, type QueryResultRow } from 'pg';
import { log } from 'quayside';
import { settings } from './settings';

const timeout = settings.DATABASE_TIMEOUT * 1000;

/** Where the database is, and when one that does not answer is given up. */
export const connection = {
  host: settings.DATABASE_HOST,
  port: settings.DATABASE_PORT,
  database: settings.DATABASE_NAME,
  user: settings.DATABASE_USER,
  password: settings.DATABASE_PASSWORD,
  connectionTimeoutMillis: timeout,
};

/** Makes this worker's pool. It connects when it is asked for the first time, and again when a connection is lost. */
export function createPool(): Pool {
  const pool = new Pool({
    ...connection,
    // WORKERS times this stays below PostgreSQL's max_connections, 100 by default.
    max: 5,
    statement_timeout: timeout,
    // For a server that is gone and has not said so.
    query_timeout: timeout + 1000,
  });
  // A lost connection that nobody was using. Without a listener, it would end the worker.
  pool.on('error', (error) => {
    log.warn({ err: error }, 'a connection to the database was lost');
  });
  return pool;
}

/**
 * Runs one statement.
 * @returns the rows
 * @throws an error of status 503 where the database cannot be had; PostgreSQL's own error where the statement is wrong
 */
export async function query<Row extends QueryResultRow>(pool: Pool, text: string, values: unknown[] = []) {
  try {
    return (await pool.query<Row>(text, values)).rows;
  } catch (error) {
    throw isUnavailable(error) ? Object.assign(error as Error, { status: 503 }) : error;
  }
}

/**
 * Whether it is the database that fails. Of what PostgreSQL says, these are its classes 08, connection; 53, resources;
 * and 57, operator: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isUnavailable(error: unknown): boolean {
  return !(error instanceof DatabaseError) || /^(08|53|57)/.test(error.code ?? '');
}
