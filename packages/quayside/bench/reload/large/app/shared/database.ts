// The database: one pool, made when it is first needed.
import { Pool, type QueryResultRow } from 'pg';

let pool: Pool | undefined;
let ended = false;

function openPool(): Pool {
  pool ??= new Pool({
    connectionString: process.env.DATABASE_URL ?? 'postgres://127.0.0.1:5432/identidock',
    max: 10,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 2000,
  });
  return pool;
}

/** @returns the rows of a query */
export async function query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  if (ended) throw new Error('the pool has ended');
  const { rows } = await openPool().query<Row>(text, values);
  return rows;
}

export function isEnded(): boolean {
  return ended;
}

/** Closes all connections; no query may follow. */
export async function endPool(): Promise<void> {
  ended = true;
  await pool?.end();
  pool = undefined;
}
