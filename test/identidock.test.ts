import request from 'supertest';
import { createApp } from '../app/identidock';

test('GET / says hello', async () => {
  const response = await request(createApp()).get('/');
  expect(response.status).toBe(200);
  expect(response.type).toBe('text/plain');
  expect(response.text).toBe('Hello Docker!\n');
});
