// Tests against a real PostgreSQL, at DATABASE_HOST and the other settings.
import request from 'supertest';
import { testServer, type TestServer } from 'quayside/testing';
import { createApp } from '../app/identidock';
import { run as migrate } from '../app/migrate';

const { signal } = new AbortController();
let notes: TestServer;

beforeAll(async () => {
  await migrate(signal);
  notes = await testServer(createApp);
});
afterAll(() => notes.close());

test('a note that was written can be read', async () => {
  const text = `it's "quoted"; DROP TABLE notes; ${String(Date.now())}`;
  const written = await request(notes.server).post('/notes').send({ text });
  expect(written.status).toBe(201);
  const read = await request(notes.server).get('/notes');
  expect(read.body).toContainEqual({ id: (written.body as { id: number }).id, text });
});

test.each([{}, { text: '' }, { text: 1 }, { text: 'a\0b' }])('%j is refused', async (body) => {
  const { status } = await request(notes.server).post('/notes').send(body);
  expect(status).toBe(400);
});

test('migrations can run again, and twice at the same time', async () => {
  await Promise.all([migrate(signal), migrate(signal)]);
});

test('it is ready when the database answers', async () => {
  expect((await request(notes.server).get('/readyz')).status).toBe(200);
});
