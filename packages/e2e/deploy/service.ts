// The service of the deploys' tests: its answers show that nothing was lost or mixed up, and which version has answered.
import { hash } from 'node:crypto';
import express from 'express';
import type { CreateApp } from 'quayside';

export const createApp: CreateApp = () => {
  const app = express();
  app.use((_req, res, next) => {
    res.set('X-Version', process.env.VERSION ?? '1').type('text');
    next();
  });
  app.get('/', (req, res) => {
    res.send(req.query.n);
  });
  app.get('/slow', (req, res) => {
    setTimeout(() => res.send(req.query.n), 100);
  });
  app.post('/', express.raw({ type: '*/*' }), (req, res) => {
    res.send(hash('sha256', req.body as Buffer));
  });
  app.get('/client', (req, res) => {
    res.json({ ip: req.ip, protocol: req.protocol, host: req.host, id: req.get('X-Request-Id') });
  });
  return {
    app,
    // Any protocol but HTTP: what comes in goes back.
    attach: (server) => {
      server.on('upgrade', (_req, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
        socket.pipe(socket);
        socket.on('error', () => undefined);
      });
    },
  };
};
