// The comparison's service, in place of app/identidock.ts.
import express, { type Express } from 'express';

/** Some 10 KB as JSON; identidock.py has the same. */
export const items = Array.from({ length: 100 }, (_, id) => ({
  id,
  name: `Item ${String(id)}`,
  price: 100 * id + 99,
  tags: ['red', 'large'],
  available: id % 2 === 0,
  note: 'Ships within two days',
}));

export function createApp(): Express {
  const app = express();

  app.get('/', (_req, res) => {
    res.type('text').send('Hello Docker!\n');
  });
  app.get('/json', (_req, res) => {
    res.json(items);
  });

  return app;
}
