// What may be wrong with a request for orders.
import { Problem, Status } from '../shared/problems';
import { OrderState, type Order, type OrderId } from './types';

export class NoSuchOrder extends Problem {
  override readonly name = 'NoSuchOrder';

  constructor(readonly id: OrderId) {
    super(Status.NotFound, `there is no order ${id}`);
  }
}

export class OrderIsFixed extends Problem {
  override readonly name = 'OrderIsFixed';

  constructor(
    readonly order: Pick<Order, 'id' | 'state'>,
    readonly wanted?: OrderState,
  ) {
    const how = wanted === undefined ? 'cannot be changed' : `cannot become ${wanted}`;
    super(Status.Conflict, `order ${order.id} is ${order.state} and ${how}`);
  }
}

export class OrderIsOthers extends Problem {
  override readonly name = 'OrderIsOthers';

  constructor(id: OrderId, subject: string) {
    super(Status.Forbidden, `order ${id} is not for ${subject}`);
  }
}

/** @throws NoSuchOrder where there is none */
export function existing(order: Order | undefined, id: OrderId): Order {
  if (order === undefined) throw new NoSuchOrder(id);
  return order;
}
