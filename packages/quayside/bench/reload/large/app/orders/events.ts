// What happens to orders, for whoever wants to hear of it.
import { EventEmitter, once } from 'node:events';
import type { Order, OrderId, OrderState } from './types';

export interface OrderEvents {
  created: [order: Order];
  renamed: [id: OrderId, name: string];
  moved: [id: OrderId, from: OrderState, to: OrderState];
}

export type OrderEvent = keyof OrderEvents;

const emitter = new EventEmitter();

export function onOrder<Event extends OrderEvent>(event: Event, listener: (...args: OrderEvents[Event]) => void) {
  emitter.on(event, listener as (...args: unknown[]) => void);
  return () => {
    emitter.off(event, listener as (...args: unknown[]) => void);
  };
}

export function tellOfOrder<Event extends OrderEvent>(event: Event, ...args: OrderEvents[Event]): void {
  emitter.emit(event, ...args);
}

/** @returns the next event of a kind */
export async function nextOfOrders<Event extends OrderEvent>(event: Event): Promise<OrderEvents[Event]> {
  return (await once(emitter, event)) as OrderEvents[Event];
}
