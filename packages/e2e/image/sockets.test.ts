// socket.io and WebSockets over several workers and containers behind nginx: what works as it is, and what takes a sticky proxy.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { freePorts } from '../../quayside/harness/ports';
import { baseImage, Checkout, describeImage, production } from '../harness/docker';
import { read } from '../harness/template';

/** Says which container has heard. */
const service = `
import express from 'express';
import { hostname } from 'node:os';
import type { CreateApp } from 'quayside';
import { Server } from 'socket.io';

export const createApp: CreateApp = () => {
  const io = new Server();
  io.on('connection', (socket) => {
    socket.on('who', (then: (host: string) => void) => {
      then(hostname());
    });
  });
  return { app: express(), attach: (server) => io.attach(server), drain: () => io.close() };
};
`;

/** What the test adds to production: a second container, and Debian's nginx before the two. */
const override = (frontPort: number, workers: number) => `
services:
  identidock: &identidock
    environment: { WORKERS: '${String(workers)}' }
    ports: !reset []
  other:
    extends: { file: docker-compose.prod.yml, service: identidock }
    <<: *identidock
  nginx:
    build:
      dockerfile_inline: |
        FROM ${baseImage}
        RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm /etc/nginx/sites-enabled/default
    command: [nginx, -g, daemon off;]
    ports: ['127.0.0.1:${String(frontPort)}:80']
    volumes: ['./front.conf:/etc/nginx/conf.d/identidock.conf:ro']
    depends_on:
      identidock: { condition: service_healthy }
      other: { condition: service_healthy }
`;

describeImage('socket.io behind nginx', () => {
  let checkout: Checkout;
  let frontPort: number;

  beforeEach(async () => {
    checkout = new Checkout();
    writeFileSync(join(checkout.dir, 'app/identidock.ts'), service);
    checkout.install('socket.io@4');
    [frontPort] = (await freePorts(1)) as [number];
  });
  afterEach(async () => {
    await compose('down', '--timeout', '1', '--rmi', 'local');
    await checkout.remove();
  });

  const compose = (...args: string[]) => checkout.compose([...production, '-f', 'sockets.yml', ...args]);

  async function up(workers: number, how: string): Promise<void> {
    const conf = read('deploy/nginx.conf');
    const servers = `${how} server identidock:9090; server other:9090;`;
    writeFileSync(join(checkout.dir, 'front.conf'), conf.replace('server 127.0.0.1:9090;', servers));
    writeFileSync(join(checkout.dir, 'sockets.yml'), override(frontPort, workers));
    await compose('up', '--detach', '--wait');
  }

  /** @returns the containers that so many clients reach, one after the other, and why some reach none */
  async function ask(transport: 'polling' | 'websocket'): Promise<{ hosts: Set<string>; errors: string[] }> {
    const hosts = new Set<string>();
    const errors: string[] = [];
    for (let client = 0; client < 12; client += 1) {
      const url = `http://127.0.0.1:${String(frontPort)}`;
      const socket = io(url, { transports: [transport], reconnection: false, forceNew: true });
      const lost = new Promise<never>((_, reject) => {
        socket.on('connect_error', reject);
        socket.on('disconnect', (reason) => {
          reject(new Error(reason));
        });
      });
      try {
        hosts.add(await Promise.race([socket.emitWithAck('who') as Promise<string>, lost]));
      } catch (error) {
        errors.push((error as Error).message);
      }
      lost.catch(() => undefined);
      socket.disconnect();
    }
    return { hosts, errors };
  }

  test('WebSockets alone take nothing: each is one connection, with any number of workers', async () => {
    await up(2, '');
    const { hosts, errors } = await ask('websocket');
    expect(errors).toEqual([]);
    expect(hosts.size).toBe(2);
    // The requests of a client that polls come to one or the other.
    expect((await ask('polling')).errors).not.toEqual([]);
  });

  test('polling takes one worker in each container, and a proxy that is sticky', async () => {
    await up(1, 'ip_hash;');
    const { hosts, errors } = await ask('polling');
    expect(errors).toEqual([]);
    // All clients have one address here.
    expect(hosts.size).toBe(1);
  });
});
