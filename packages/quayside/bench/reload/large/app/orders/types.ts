// What an order is.
import type { CustomerId } from '../customers/types';

export type OrderId = string;

export enum OrderState {
  Draft = 'draft',
  Open = 'open',
  Done = 'done',
  Cancelled = 'cancelled',
}

export interface OrderLine {
  readonly text: string;
  readonly count: number;
  /** In cents. */
  readonly price: number;
}

export interface Order {
  readonly id: OrderId;
  readonly customerId: CustomerId;
  readonly name: string;
  readonly state: OrderState;
  readonly lines: readonly OrderLine[];
  readonly createdAt: Date;
  readonly updatedAt?: Date;
}

export type NewOrder = Omit<Order, 'id' | 'state' | 'createdAt' | 'updatedAt'>;
export type OrderSummary = Pick<Order, 'id' | 'name' | 'state'> & { total: number };

export interface OrderPage {
  readonly items: readonly OrderSummary[];
  readonly next?: OrderId;
}

/** The states that may follow each. */
export const following: Record<OrderState, readonly OrderState[]> = {
  [OrderState.Draft]: [OrderState.Open, OrderState.Cancelled],
  [OrderState.Open]: [OrderState.Done, OrderState.Cancelled],
  [OrderState.Done]: [],
  [OrderState.Cancelled]: [],
};
