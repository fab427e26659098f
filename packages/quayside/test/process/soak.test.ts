import { soakHost } from '../../bench/soak/host';

test('also where nobody reads the log', async () => {
  const { rows, problems } = await soakHost({ requests: 5000, clients: 12, limit: 90, unread: true });
  expect(problems).toEqual([]);
  expect(rows.every(({ requests }) => requests > 100)).toBe(true);
}, 120_000);

test('no answer is lost by reloads, and by a killed worker only those that it had not given', async () => {
  const { rows, problems, reloads } = await soakHost({ requests: 5000, clients: 12, limit: 90 });
  expect(problems).toEqual([]);
  expect(reloads).toBe(3);
  expect(rows.every(({ requests }) => requests > 100)).toBe(true);
}, 120_000);
