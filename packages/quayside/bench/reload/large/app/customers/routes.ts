// The routes below /customers.
import { Router } from 'express';
import { z } from 'zod';
import { Problem, Status } from '../shared/problems';
import { requireRole } from '../shared/tokens';
import { findCustomer, forgetCustomers } from './service';

const parameters = z.object({ id: z.uuid() });

export function customerRoutes(): Router {
  const router = Router();
  router.use(requireRole('reader'));

  router.get('/:id', async (req, res) => {
    const { id } = parameters.parse(req.params);
    const customer = await findCustomer(id);
    if (customer === undefined) throw new Problem(Status.NotFound, `no customer ${id}`);
    res.json(customer);
  });
  router.delete('/cache', requireRole('admin'), (_req, res) => {
    forgetCustomers();
    res.status(204).end();
  });

  return router;
}
