// The soak test's service: its responses name the worker, and show that nothing was lost or mixed up.
import { hash } from 'node:crypto';
import express from 'express';
import { WebSocketServer } from 'ws';
import type { CreateApp } from 'quayside';

export const createApp: CreateApp = () => {
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
  return {
    app,
    attach: (server) => {
      const sockets = new WebSocketServer({ server });
      sockets.on('headers', (headers) => headers.push(`X-Pid: ${String(process.pid)}`));
      sockets.on('connection', (socket) => {
        socket.on('message', (message: Buffer) => {
          socket.send(message.toString());
        });
      });
    },
  };
};
