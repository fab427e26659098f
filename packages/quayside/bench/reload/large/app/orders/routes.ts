// The routes below /orders.
import { Router } from 'express';
import { attachmentsOfOrder, attachToOrder, receiveOrderFiles } from './attachments';
import { renderOrder, renderOrders } from './pages';
import { allowOnOrders } from './policy';
import { existing } from './problems';
import { newOrder, orderChange, orderFilter, orderId } from './schema';
import { changeOrder, createOrder, findOrder, listOrders } from './service';

export function orderRoutes(): Router {
  const router = Router();

  router.get('/', allowOnOrders('read'), async (req, res) => {
    const page = await listOrders(orderFilter.parse(req.query));
    if (req.accepts(['json', 'html']) === 'html') res.send(renderOrders(page));
    else res.json(page);
  });
  router.get('/:id', allowOnOrders('read'), async (req, res) => {
    const id = orderId.parse(req.params.id);
    const order = existing(await findOrder(id), id);
    if (req.accepts(['json', 'html']) === 'html') res.send(renderOrder(order));
    else res.json({ ...order, attachments: attachmentsOfOrder(id) });
  });
  router.post('/', allowOnOrders('create'), async (req, res) => {
    const { order, customer } = await createOrder(newOrder.parse(req.body));
    res.status(201).location(`/orders/${order.id}`).json({ order, customer });
  });
  router.patch('/:id', allowOnOrders('change'), async (req, res) => {
    res.json(await changeOrder(orderId.parse(req.params.id), orderChange.parse(req.body)));
  });
  router.post('/:id/files', allowOnOrders('attach'), receiveOrderFiles, async (req, res) => {
    const id = orderId.parse(req.params.id);
    existing(await findOrder(id), id);
    res.status(201).json(attachToOrder(id, req.files));
  });

  return router;
}
