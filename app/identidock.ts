// Your service: createApp() builds the Express app. Listening, health, stopping and the rest are quayside's.
import express, { type Express } from 'express';

export function createApp(): Express {
  const app = express();

  app.get('/', (_req, res) => {
    res.type('text').send('Hello Docker!\n');
  });

  return app;
}
