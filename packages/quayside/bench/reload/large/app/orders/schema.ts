// What requests for orders may hold.
import { z } from 'zod';
import { OrderState, type NewOrder, type OrderLine } from './types';

export const orderId = z.uuid();

export const orderLine = z.object({
  text: z.string().trim().min(1).max(200),
  count: z.number().int().positive().max(10_000),
  price: z.number().int().nonnegative(),
}) satisfies z.ZodType<OrderLine>;

export const newOrder = z
  .object({
    customerId: z.uuid(),
    name: z.string().trim().min(1).max(100),
    lines: z.array(orderLine).min(1).max(50),
  })
  .strict() satisfies z.ZodType<NewOrder>;

export const orderChange = z.discriminatedUnion('type', [
  z.object({ type: z.literal('rename'), name: z.string().trim().min(1).max(100) }),
  z.object({ type: z.literal('move'), state: z.enum(OrderState) }),
  z.object({ type: z.literal('add'), line: orderLine }),
]);
export type OrderChange = z.infer<typeof orderChange>;

export const orderFilter = z.object({
  state: z.enum(OrderState).optional(),
  customerId: z.uuid().optional(),
  after: orderId.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type OrderFilter = z.infer<typeof orderFilter>;

/** @returns the line of a form's text, as "3 x ropes at 250" */
export function parseOrderLine(source: string): OrderLine {
  const [, count, text, price] = /^(\d+) x (.+) at (\d+)$/.exec(source.trim()) ?? [];
  return orderLine.parse({ count: Number(count), text, price: Number(price) });
}
