// The connections to PostgreSQL.
import { DatabaseError, Pool, type QueryResultRow } from 'pg';
import { log } from 'quayside';
import { settings } from './settings';

const timeout = settings.DATABASE_TIMEOUT * 1000;

/** Where the database is, and how long to wait for it to connect. */
export const connection = {
  host: settings.DATABASE_HOST,
  port: settings.DATABASE_PORT,
  database: settings.DATABASE_NAME,
  user: settings.DATABASE_USER,
  password: settings.DATABASE_PASSWORD,
  connectionTimeoutMillis: timeout,
};

/** Creates this worker's connection pool. It connects at the first query, and reconnects after a connection is lost. */
export function createPool(): Pool {
  const pool = new Pool({
    ...connection,
    // WORKERS times this stays below PostgreSQL's max_connections, 100 by default.
    max: 5,
    statement_timeout: timeout,
    // For a server that is gone without closing the connection.
    query_timeout: timeout + 1000,
  });
  // An idle connection was lost. Without a listener, the error would end the worker.
  pool.on('error', (error) => {
    log.warn({ err: error }, 'a connection to the database was lost');
  });
  return pool;
}

/**
 * Runs one statement.
 * @returns the rows
 * @throws an error with status 503 if the database is unavailable; PostgreSQL's own error if the statement is wrong
 */
export async function query<Row extends QueryResultRow>(pool: Pool, text: string, values: unknown[] = []) {
  try {
    return (await pool.query<Row>(text, values)).rows;
  } catch (error) {
    throw isUnavailable(error) ? Object.assign(error as Error, { status: 503 }) : error;
  }
}

/**
 * Whether the database itself failed. Of PostgreSQL's own errors, these are classes 08 (connection), 53 (resources) and
 * 57 (operator intervention): https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isUnavailable(error: unknown): boolean {
  return !(error instanceof DatabaseError) || /^(08|53|57)/.test(error.code ?? '');
}
