// A service with more than an app, for the production server of a test.
import { project, serve } from './server';
import type { Running } from './run';

/** The module of a service, whose object has `app` and these. */
export const made = (hooks: string, before = '') => `
  import express from 'express';
  import { existsSync, readFileSync } from 'node:fs';
  import { WebSocketServer } from ${JSON.stringify(require.resolve('ws'))};
  import { Server as SocketServer } from ${JSON.stringify(require.resolve('socket.io'))};
  import { Counter, Gauge, Histogram, Registry } from ${JSON.stringify(require.resolve('prom-client'))};
  export function createApp() {
    const app = express();
    app.get('/', (_req, res) => { res.send('hello'); });
    ${before}
    return { app, ${hooks} };
  }`;

/** Serves such a service; before is what stands before its return. */
export async function serveMade(hooks: string, { before, ...env }: Record<string, string> = {}): Promise<Running> {
  project.replaceService(made(hooks, before));
  return serve(env);
}
