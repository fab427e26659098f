// What a connection costs with many requests in flight.
import express from 'express';
import { eventually } from '../../../harness/eventually';
import { serve } from '../observer';
import { Client, get } from './client';

test('a connection has as many listeners with a hundred requests in flight as with one', async () => {
  const counts = new Set<number>();
  const app = express().use(({ socket }) => {
    counts.add(socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0));
  });
  const { port, observer, ended } = await serve(app);
  const client = (await Client.connect(port)).say(get().repeat(100));
  await eventually(() => observer.onRequest.mock.calls.length === 100 || undefined);
  expect(counts.size).toBe(1);
  client.socket.resetAndDestroy();
  for (const { cut } of await ended(100)) expect(cut).toBe('answer');
});
