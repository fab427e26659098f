// The service: its shared parts, and the routes of each of its domains.
import express, { type Express } from 'express';
import { customerRoutes } from './customers/routes';
import { orderRoutes } from './orders/routes';
import { isEnded } from './shared/database';
import { notice } from './shared/notice';
import { answerProblem } from './shared/problems';

export function createApp(): Express {
  const app = express();
  app.use(express.json({ limit: '100kb' }));

  app.get('/', (_req, res) => {
    res.type('text').send(`Hello Docker!\n${notice()}\n`);
  });
  app.get('/state', (_req, res) => {
    res.json({ isEnded: isEnded() });
  });
  app.use('/customers', customerRoutes());
  app.use('/orders', orderRoutes());
  app.use(answerProblem);

  return app;
}
