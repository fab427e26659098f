// The service: notes in PostgreSQL.
import express from 'express';
import type { Service } from 'quayside';
import { createPool, query } from './database';

interface Note {
  id: number;
  text: string;
}

export function createApp(): Service {
  const pool = createPool();
  const app = express();

  app.get('/notes', async (_req, res) => {
    res.json(await query<Note>(pool, 'SELECT id, text FROM notes ORDER BY id DESC LIMIT 100'));
  });

  app.post('/notes', express.json(), async (req, res) => {
    const { text } = (req.body ?? {}) as { text?: unknown };
    // PostgreSQL stores every character except U+0000.
    if (typeof text !== 'string' || text === '' || text.includes('\0')) {
      res.status(400).json({ error: 'text: expected a string that is not empty' });
      return;
    }
    const [note] = await query<Note>(pool, 'INSERT INTO notes (text) VALUES ($1) RETURNING id, text', [text]);
    res.status(201).json(note);
  });

  return {
    app,
    // Without its database, this service cannot answer any request.
    ready: () => query(pool, 'SELECT 1'),
    close: () => pool.end(),
  };
}
