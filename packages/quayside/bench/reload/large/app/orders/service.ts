// What can be done with orders.
import { findCustomer } from '../customers/service';
import type { Customer } from '../customers/types';
import { Problem, Status } from '../shared/problems';
import { tellOfOrder } from './events';
import { assertIsOpen, assertMayBecome } from './policy';
import { existing } from './problems';
import { insertOrder, readOrder, readOrders, updateOrder } from './repository';
import type { OrderChange, OrderFilter } from './schema';
import type { NewOrder, Order, OrderId, OrderPage } from './types';

export const totalOfOrder = ({ lines }: Order) => lines.reduce((sum, { count, price }) => sum + count * price, 0);

export async function findOrder(id: OrderId): Promise<Order | undefined> {
  return readOrder(id);
}

export async function listOrders(filter: OrderFilter): Promise<OrderPage> {
  const orders = await readOrders(filter);
  const items = orders.map((order) => ({ ...order, total: totalOfOrder(order) }));
  const next = orders.length < filter.limit ? undefined : orders.at(-1)?.id;
  return next === undefined ? { items } : { items, next };
}

/** @throws Problem where its customer does not exist */
export async function createOrder(order: NewOrder): Promise<{ order: Order; customer: Customer }> {
  const customer = await findCustomer(order.customerId);
  if (customer === undefined) throw new Problem(Status.BadRequest, `no customer ${order.customerId}`);
  const id = await insertOrder(order);
  const created = existing(await findOrder(id), id);
  tellOfOrder('created', created);
  return { order: created, customer };
}

export async function changeOrder(id: OrderId, change: OrderChange): Promise<Order> {
  const before = existing(await findOrder(id), id);
  assertIsOpen(before);
  const after = changed(before, change);
  await updateOrder(after);
  if (change.type === 'rename') tellOfOrder('renamed', id, after.name);
  if (change.type === 'move') tellOfOrder('moved', id, before.state, after.state);
  return after;
}

function changed(order: Order, change: OrderChange): Order {
  if (change.type === 'rename') return { ...order, name: change.name };
  if (change.type === 'add') return { ...order, lines: [...order.lines, change.line] };
  assertMayBecome(order, change.state);
  return { ...order, state: change.state };
}
