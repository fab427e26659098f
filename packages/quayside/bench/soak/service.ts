// The service of a soak: it says which worker answers, and sends back what shows that nothing was lost or mixed up.
import { hash } from 'node:crypto';
import express, { type Express } from 'express';

export function createApp(): Express {
  const app = express();
  app.use((_req, res, next) => {
    res.set('X-Pid', String(process.pid)).type('text');
    next();
  });
  app.get('/', (req, res) => {
    res.send(req.query.n);
  });
  app.get('/slow', (req, res) => {
    setTimeout(() => res.send(req.query.n), Math.random() * 50);
  });
  app.post('/', express.raw({ type: '*/*' }), (req, res) => {
    res.send(hash('sha256', req.body as Buffer));
  });
  return app;
}
