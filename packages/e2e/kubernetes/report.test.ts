import { tableOf } from '../deploy/table';
import { costOf, secondsIn } from './report';

const first = { second: 0, requests: 100, failed: 0, slowest: 12, reasons: {} };
const second = { second: 1, requests: 50, failed: 3, slowest: 900, reasons: { ECONNRESET: 2, 'status 502': 1 } };
const third = { second: 2, requests: 70, failed: 1, slowest: 30, reasons: { ECONNRESET: 1 } };

test('a row adds up seconds, and keeps the slowest', () => {
  expect(costOf('kill', 1.5, [first, second, third])).toEqual({
    event: 'kill',
    requests: 220,
    failed: 4,
    slowest: 900,
    seconds: 1.5,
    reasons: ['3 x ECONNRESET', '1 x status 502'],
  });
  expect(costOf('nothing', 0, [])).toMatchObject({ requests: 0, failed: 0, slowest: 0, reasons: [] });
});

test('a line that the load is just writing is left for the next time', () => {
  const lines = [first, second].map((line) => JSON.stringify(line)).join('\n');
  expect(secondsIn('')).toEqual([]);
  expect(secondsIn(lines)).toEqual([first]);
  expect(secondsIn(`${lines}\n`)).toEqual([first, second]);
});

test('the table has a line for each event, and one for each reason', () => {
  expect(tableOf([costOf('rolling update', 31.24, [first]), costOf('kill of a pod', 4, [second])])).toBe(
    [
      'event           requests  failed  slowest ms  time to done s',
      'rolling update       100       0          12            31.2',
      'kill of a pod         50       3         900             4.0',
      '',
      'kill of a pod: 2 x ECONNRESET',
      'kill of a pod: 1 x status 502',
    ].join('\n'),
  );
});
