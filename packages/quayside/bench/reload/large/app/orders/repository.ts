// The orders in the database.
import { query } from '../shared/database';
import type { OrderFilter } from './schema';
import { OrderState, type NewOrder, type Order, type OrderId, type OrderLine } from './types';

/** A row, as the database names its columns. */
interface OrderRow {
  id: string;
  customer_id: string;
  name: string;
  state: string;
  lines: OrderLine[];
  created_at: Date;
  updated_at: Date | null;
}

const states = new Map<string, OrderState>(Object.values(OrderState).map((state) => [state, state]));

function orderOf(row: OrderRow): Order {
  const { id, name, lines, created_at: createdAt, updated_at: updatedAt } = row;
  const state = states.get(row.state) ?? OrderState.Draft;
  const order = { id, customerId: row.customer_id, name, state, lines, createdAt };
  return updatedAt === null ? order : { ...order, updatedAt };
}

export async function readOrder(id: OrderId): Promise<Order | undefined> {
  const [row] = await query<OrderRow>('SELECT * FROM orders WHERE id = $1', [id]);
  return row && orderOf(row);
}

export async function readOrders({ state, customerId, after, limit }: OrderFilter): Promise<Order[]> {
  const values: unknown[] = [limit];
  const where = Object.entries({ 'state =': state, 'customer_id =': customerId, 'id >': after })
    .filter(([, value]) => value !== undefined)
    .map(([condition, value]) => `${condition} $${String(values.push(value))}`);
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = await query<OrderRow>(`SELECT * FROM orders ${condition} LIMIT $1`, values);
  return rows.map(orderOf);
}

export async function insertOrder({ customerId, name, lines }: NewOrder): Promise<OrderId> {
  const text = 'INSERT INTO orders (customer_id, name, state, lines) VALUES ($1, $2, $3, $4) RETURNING id';
  const [row] = await query<Pick<OrderRow, 'id'>>(text, [customerId, name, OrderState.Draft, JSON.stringify(lines)]);
  if (row === undefined) throw new Error('expected the id of a new order');
  return row.id;
}

export async function updateOrder({ id, name, state, lines }: Order): Promise<void> {
  const text = 'UPDATE orders SET name = $2, state = $3, lines = $4, updated_at = now() WHERE id = $1';
  await query(text, [id, name, state, JSON.stringify(lines)]);
}
