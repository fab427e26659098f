// Customers, as the other domains ask for them.
import { query } from '../shared/database';
import { Problem, Status } from '../shared/problems';
import { isCustomerOpen, type Customer, type CustomerId } from './types';

const known = new Map<CustomerId, Customer>();

/** @returns a customer; undefined where there is none */
export async function findCustomer(id: CustomerId): Promise<Customer | undefined> {
  const before = known.get(id);
  if (before !== undefined) return before;
  const [customer] = await query<Customer>('SELECT * FROM customers WHERE id = $1', [id]);
  if (customer !== undefined) known.set(id, customer);
  return customer;
}

/** @throws Problem where there is none, or it is closed */
export async function openCustomer(id: CustomerId): Promise<Customer> {
  const customer = await findCustomer(id);
  if (customer === undefined) throw new Problem(Status.NotFound, `no customer ${id}`);
  if (!isCustomerOpen(customer)) throw new Problem(Status.Conflict, `customer ${id} is closed`);
  return customer;
}

export function forgetCustomers(): void {
  known.clear();
}
