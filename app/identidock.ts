// Your service: createApp() builds it; listening, health, stopping and the rest are in server/.
import express, { type Express } from 'express';

export function createApp(): Express {
  const app = express();

  app.get('/', (_req, res) => {
    res.type('text').send('Hello Docker!\n');
  });

  return app;
}
