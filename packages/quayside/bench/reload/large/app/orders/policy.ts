// Who may do what to orders.
import type { RequestHandler } from 'express';
import { claimsOf, type Claims, type Role } from '../shared/tokens';
import { OrderIsFixed, OrderIsOthers } from './problems';
import { following, OrderState, type Order } from './types';

export type OrderAction = 'read' | 'create' | 'change' | 'attach';

const least: Record<OrderAction, readonly Role[]> = {
  read: ['reader', 'writer', 'admin'],
  create: ['writer', 'admin'],
  change: ['writer', 'admin'],
  attach: ['admin'],
};

export function mayActOnOrders({ role }: Claims, action: OrderAction): boolean {
  return least[action].includes(role);
}

/** Lets requests pass whose sender may do so. */
export function allowOnOrders(action: OrderAction): RequestHandler {
  return (req, _res, next) => {
    const claims = claimsOf(req);
    if (!mayActOnOrders(claims, action)) throw new OrderIsOthers(String(req.params.id ?? 'any'), claims.sub);
    next();
  };
}

/** @throws OrderIsFixed where nothing may be changed any more */
export function assertIsOpen(order: Order): void {
  if (order.state === OrderState.Done || order.state === OrderState.Cancelled) throw new OrderIsFixed(order);
}

/** @throws OrderIsFixed where that state does not follow */
export function assertMayBecome(order: Order, state: OrderState): void {
  if (!following[order.state].includes(state)) throw new OrderIsFixed(order, state);
}
